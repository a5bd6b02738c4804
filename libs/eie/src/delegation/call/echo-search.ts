import { joseForm } from 'execution-identity/internal';
import { knownSignature } from '../../vault/known-signature.js';
import { formsOf } from './secret-forms.js';
import { type SearchResult, searchSignature } from './signature-search.js';

/** Characters. Shorter than any credential, and long enough that no answer holds one by chance. */
const MIN_SECRET = 16;

/** One of them is in each form of a secret that is not the secret itself. */
const ESCAPES = ['\\', '%', '+'];

/** Searches what comes in pieces. */
interface PieceSearch {
  /** What may be handed on after one more piece; `undefined` once there is a credential. */
  next(piece: Uint8Array): Uint8Array | undefined;
  /** What is left when no piece follows. */
  rest(): Uint8Array;
}

/**
 * Searches an answer for a credential: one of its own request, or any JWS that this process has admitted, obtained, sealed or received,
 * whoever's it is. Some services echo what they receive, this time or the last, and the caller must not learn a token in this way.
 *
 * It does NOT find a credential that the service has encoded otherwise than JSON and URLs do, an opaque token of another call, a credential
 * of another process, or one that a full memory of credentials has forgotten.
 */
export class EchoSearch {
  readonly #secrets: readonly string[];
  #forms: readonly string[] | undefined;

  /**
   * @param credentials as they were sent; for a JWS, its signature is searched for, because the rest is useless without it
   * @param own the secrets of a credential of the target's own
   */
  constructor(credentials: readonly string[], own: readonly string[] = []) {
    const signatures = credentials
      .map(one => (joseForm(one) ? one.slice(one.lastIndexOf('.') + 1) : one))
      .filter(secret => secret.length >= MIN_SECRET);
    this.#secrets = [...signatures, ...own];
  }

  /** Whether a text holds one. */
  finds(text: string): boolean {
    return this.#formsIn(text).some(secret => text.includes(secret)) || known(Buffer.from(text)).isFound;
  }

  /** Whether the bytes of a text do. */
  findsIn(bytes: Buffer): boolean {
    return this.#formsIn(bytes).some(secret => bytes.includes(secret)) || known(bytes).isFound;
  }

  /** For bytes that come in pieces. It holds those back that could begin a credential. */
  inPieces(): PieceSearch {
    const needles = this.#allForms().map(secret => Buffer.from(secret));
    let held: Buffer = Buffer.alloc(0);
    return {
      next(piece) {
        const seen = held.length
          ? Buffer.concat([held, piece])
          : Buffer.from(piece.buffer, piece.byteOffset, piece.length);
        const { isFound, undecided } = known(seen);
        if (isFound || needles.some(needle => seen.includes(needle))) return undefined;
        const keep = Math.max(undecided, ...needles.map(needle => overlap(seen, needle)));
        held = Buffer.from(seen.subarray(seen.length - keep));
        return new Uint8Array(seen.subarray(0, seen.length - keep));
      },
      rest: () => new Uint8Array(held),
    };
  }

  /** Those that a text can hold: without an escape it holds a secret as it is, or not at all. */
  #formsIn(text: string | Buffer): readonly string[] {
    return ESCAPES.some(escape => text.includes(escape)) ? this.#allForms() : this.#secrets;
  }

  #allForms(): readonly string[] {
    return (this.#forms ??= [...new Set(this.#secrets.flatMap(formsOf))]);
  }
}

const known = (bytes: Buffer): SearchResult => searchSignature(bytes, knownSignature);

/** How many bytes at the end of `seen` could be the beginning of `needle`. */
function overlap(seen: Buffer, needle: Buffer): number {
  for (let from = Math.max(0, seen.length - needle.length + 1); ; from++) {
    from = seen.indexOf(needle[0]!, from);
    if (from === -1) return 0;
    if (needle.compare(seen, from, seen.length, 0, seen.length - from) === 0) return seen.length - from;
  }
}
