import { type Scheme } from '../http/challenge.js';
import { Slot } from '../record/slot.js';

/**
 * What the edge did with a request. `lines`: its credential headers, as name, value, name, value. `scheme`: by which its token came, when they are
 * dropped.
 */
export type EdgeState =
  | { readonly kind: 'taken'; readonly lines: readonly string[]; readonly scheme?: Scheme }
  /** Left alone for an application that Nest does not know. */
  | { readonly kind: 'left' }
  | { readonly kind: 'unreadable' };

/** The only place of the credentials of a request, between the edge and the boundary. It stays in this room. */
export const requests = new Slot<EdgeState>();
