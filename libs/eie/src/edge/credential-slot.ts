import { type EieError } from 'execution-identity';
import { type Scheme } from '../http/challenge.js';
import { Slot } from '../record/slot.js';

/**
 * What the edge did with a request. `lines`: its credential headers, as name, value, name, value. `tokens`: the texts among them that no other
 * place of the request may contain. `scheme`: by which its token came, when they are dropped.
 */
export type EdgeState =
  | {
      readonly kind: 'taken';
      readonly lines: readonly string[];
      readonly tokens: readonly string[];
      readonly scheme?: Scheme;
    }
  /** Left alone for an application that Nest does not know. */
  | { readonly kind: 'left' }
  /** It has no header any more. */
  | { readonly kind: 'refused'; readonly error: EieError };

/** The only place of the credentials of a request, between the edge and the boundary. It stays in this room. */
export const requests = new Slot<EdgeState>();
