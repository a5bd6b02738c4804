import { LRUCache } from 'lru-cache';
import { digest, parseCompactJws, seconds } from 'execution-identity/internal';

/** Characters. The shortest signature of a JWS, HS256, has as many: 256 bits, which nobody guesses and nothing holds by chance. */
export const BEGINNING = 43;
/** Characters. Longer than any signature that is accepted. */
const MAX_SIGNATURE = 4_096;
/** Seconds between two searches for entries that have expired. */
const SWEEP_EVERY = 10;

/** One credential, as far as an answer can be searched for it. */
export interface KnownSignature {
  /** Of the whole signature, in characters. */
  readonly length: number;
  /** SHA-256 of the whole signature. */
  readonly hash: string;
}

interface Noted extends KnownSignature {
  /** Seconds since the epoch. */
  readonly expiresAt: number;
}

/**
 * Which signed credentials (JWS) this process has had in its hands: hashes of their signatures, and nothing else of them. The signature
 * stands for the credential, because the rest is useless without it.
 *
 * An expired one is still known as long as there is room. A full memory drops those that have expired first, for which it looks every 10
 * seconds at most. If it is full of live ones, it forgets the one that was noted longest ago: an answer that holds that one is then NOT
 * recognised. It does NOT know opaque tokens, which nothing distinguishes from other text, nor what other processes have.
 */
export class CredentialMemory {
  /** By the SHA-256 of the beginning of the signature. */
  readonly #noted: LRUCache<string, Noted>;
  #sweptAt = -Infinity;

  constructor(capacity: number) {
    this.#noted = new LRUCache({ max: capacity });
  }

  /**
   * @param now seconds since the epoch
   * @param expiresAt likewise; default: what the credential says itself
   */
  note(credential: string, now: number, expiresAt?: number): void {
    const signature = credential.slice(credential.lastIndexOf('.') + 1);
    if (!hasSignature(credential) || signature.length < BEGINNING || signature.length > MAX_SIGNATURE) return;
    const key = digest(signature.slice(0, BEGINNING));
    if (this.#noted.get(key)) return;
    this.#sweep(now);
    const until = expiresAt ?? expiryOf(credential) ?? now;
    this.#noted.set(key, { length: signature.length, hash: digest(signature), expiresAt: until });
  }

  /** @param beginning the first 43 characters of a signature */
  find(beginning: Uint8Array): KnownSignature | undefined {
    return this.#noted.peek(digest(beginning));
  }

  #sweep(now: number): void {
    if (this.#noted.size < this.#noted.max || Math.abs(now - this.#sweptAt) < SWEEP_EVERY) return;
    this.#sweptAt = now;
    for (const [key, { expiresAt }] of this.#noted.entries()) if (expiresAt <= now) this.#noted.delete(key);
  }
}

/** A token of one or two parts has none. Opaque ones of three end in a part that is as secret. */
const hasSignature = (credential: string): boolean => credential.split('.', 3).length === 3;

/** What the credential says itself. Nobody relies on it: it only decides which entry goes first. */
function expiryOf(credential: string): number | undefined {
  try {
    return seconds(parseCompactJws(credential).claims, 'exp');
  } catch {
    return undefined;
  }
}

/** Of this process: what one of its servers has had must not come out through another one. It stays in this room. */
export const credentialMemory = new CredentialMemory(100_000);
