import { headersOf, onBehalfOf } from './calls.mjs';
import { provenBy } from './requirements.mjs';

/** One file of vectors. Each begins with a genuine call and says what is another in it. */
export class Chapter {
  vectors = [];

  valid(id, title, call, edit = () => {}) {
    edit(call);
    this.#add(id, { title, headers: headersOf(call), expect: { valid: true, identity: call.identity } });
  }

  /** A call that would be valid without `edit`. */
  refused(id, title, error, edit, call = onBehalfOf()) {
    edit(call);
    this.#add(id, { title, headers: headersOf(call), expect: { valid: false, error } });
  }

  #add(id, vector) {
    if (this.vectors.some(one => one.id === id)) throw new Error(`two vectors are called ${id}`);
    const proves = provenBy(id);
    if (!proves.length) throw new Error(`the specification names ${id} under no requirement`);
    const { title, ...rest } = vector;
    this.vectors.push({ id, title, proves, ...rest });
  }
}

/** The same way to be wrong, in either of the two tokens. */
export const claims = (token, changes) => call => void Object.assign(call[token].claims, changes);
export const header = (token, changes) => call => void Object.assign(call[token].header, changes);
/** Signs by another key and says so, or not. */
export const signedBy =
  (token, key, changes = {}) =>
  call => {
    call[token].key = key;
    Object.assign(call[token].header, changes);
  };
/** Changes what was signed. */
export const edited = (token, edit) => call => void (call[token].edit = edit);
export const lines = make => call => void (call.lines = make);
