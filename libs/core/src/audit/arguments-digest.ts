import { createHmac } from 'node:crypto';
import { canonicalJson } from '../canonical-json.js';

/**
 * A keyed digest of the arguments of a call: HMAC-SHA-256 over their canonical JSON (RFC 8785), as base64url without padding, 43 characters.
 * Whoever has the key and the arguments can tell that these were the ones. Without the key nobody can try what they were.
 *
 * @param key at least 32 bytes, of which nothing else is made
 * @returns `null` for what is nested more than 64 deep, and for a number that JSON cannot write, such as `1e400`
 */
export function argumentsDigest(key: Uint8Array, args: unknown): string | null {
  const text = canonicalJson(args);
  return text === undefined ? null : createHmac('sha256', key).update(text).digest('base64url');
}
