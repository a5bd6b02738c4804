import { digest } from 'execution-identity/internal';
import { BEGINNING, type KnownSignature } from '../../vault/known-signature.js';

const DOT = '.'.charCodeAt(0);
/** A dot, and the beginning of a signature. */
const WINDOW = 1 + BEGINNING;
const IS_BASE64URL = Uint8Array.from({ length: 256 }, (_, byte) => Number(/[\w-]/.test(String.fromCharCode(byte))));

export interface SearchResult {
  readonly isFound: boolean;
  /** How many bytes at the end could be the beginning of a known signature, with the dot before it. */
  readonly undecided: number;
}

/**
 * Searches bytes for the known signature of a JWS: a dot, and then the signature, whatever follows it. In linear time: of ordinary text it
 * looks at a few bytes in 44, of any text at each byte a few times, and it hashes 43 characters at most once in 44 bytes. It does NOT find
 * a signature without the dot, nor one that is encoded, or divided by any other character.
 *
 * @param known the credential whose signature begins with these 43 characters
 */
export function searchSignature(
  bytes: Uint8Array,
  known: (beginning: Uint8Array) => KnownSignature | undefined,
): SearchResult {
  let at = 0;
  while (at + WINDOW <= bytes.length) {
    const stop = lastOther(bytes, at + 1, at + WINDOW);
    if (stop !== -1) {
      at = stop;
      continue;
    }
    const signature = bytes[at] === DOT ? known(bytes.subarray(at + 1, at + WINDOW)) : undefined;
    if (signature) {
      const end = at + 1 + signature.length;
      const isRun = lastOther(bytes, at + WINDOW, Math.min(end, bytes.length)) === -1;
      if (isRun && end > bytes.length) return { isFound: false, undecided: bytes.length - at };
      if (isRun && digest(bytes.subarray(at + 1, end)) === signature.hash) return { isFound: true, undecided: 0 };
    }
    at += WINDOW;
  }
  const stop = lastOther(bytes, at, bytes.length);
  return { isFound: false, undecided: stop !== -1 && bytes[stop] === DOT ? bytes.length - stop : 0 };
}

/** Where the last byte of a range is that a signature cannot contain; -1 if there is none. */
function lastOther(bytes: Uint8Array, from: number, to: number): number {
  for (let i = to - 1; i >= from; i--) if (!IS_BASE64URL[bytes[i]!]) return i;
  return -1;
}
