import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { CLOCK_SKEW } from './clock-skew.js';

/** Seconds for which one nonce is given out. It is accepted for as long again. */
const PERIOD = 60;

/**
 * Nonces for DPoP proofs (RFC 9449 §8, §9): who could use a key once cannot have made proofs for later. A nonce is an HMAC of the minute
 * in which it is given out, so nothing is remembered. All clients get the same: it says when a proof was made, and `jti` that it is used
 * once.
 *
 * @example const nonces = new DpopNonces(process.env.NONCE_SECRET); nonces.accepts(claims.nonce, now)
 */
export class DpopNonces {
  readonly #key: Buffer;

  /** @param secret shared by processes that serve the same clients. Default: one of this process */
  constructor(secret?: string) {
    this.#key = secret === undefined ? randomBytes(32) : createHmac('sha256', secret).update('dpop-nonce').digest();
  }

  /** @param now seconds since the epoch */
  current(now: number): string {
    const period = String(Math.floor(now / PERIOD));
    return createHmac('sha256', this.#key).update(period).digest('base64url');
  }

  /**
   * Whether it is the nonce of now, of the minute before, or of a process whose clock is a little ahead.
   *
   * @param now seconds since the epoch
   */
  accepts(nonce: unknown, now: number): boolean {
    if (typeof nonce !== 'string') return false;
    return [now, now - PERIOD, now + CLOCK_SKEW.dpopProof].some(time => isEqual(nonce, this.current(time)));
  }
}

function isEqual(text: string, expected: string): boolean {
  const [one, other] = [Buffer.from(text), Buffer.from(expected)];
  return one.length === other.length && timingSafeEqual(one, other);
}
