import { type EieError } from 'execution-identity';
import { type Scheme } from '../http/challenge.js';
import { type OwnAudiences } from '../http/resources.js';
import { type FoundTokens } from './credential-search.js';
import { Slot } from '../record/slot.js';

/**
 * What the edge did with a request. `lines`: its credential headers, as name, value, name, value. `found`: the texts among them that no other
 * place of the request may contain. `audiences`: by which tokens are for this server. `scheme`: by which its token came, when they are dropped.
 */
export type EdgeState =
  | {
      readonly kind: 'taken';
      readonly lines: readonly string[];
      readonly found: FoundTokens;
      readonly audiences?: () => OwnAudiences;
      readonly scheme?: Scheme;
    }
  /** Left alone for an application that Nest does not know. */
  | { readonly kind: 'left' }
  /** It has no header any more. */
  | { readonly kind: 'refused'; readonly error: EieError };

/** The only place of the credentials of a request, between the edge and the boundary. It stays in this room. */
export const requests = new Slot<EdgeState>();

/** Of a request whose credentials are dropped, or left alone. */
export const NO_TOKENS: FoundTokens = Object.freeze({ tokens: Object.freeze([]) });
