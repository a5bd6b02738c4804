import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { isFor, PRIVATE_MEMBERS, type PublicJwk } from './jwk-set.js';
import { isRoca } from './roca.js';

/**
 * The key in the header of a DPoP proof (RFC 9449 §4.2), which its sender has chosen. It must be public, and by its own words (RFC 7517
 * §4.2–§4.4) meant for signatures with the algorithm of the proof. RSA must be strong, and cheap to verify with.
 *
 * It does NOT follow or read anything else in the JWK: `x5u`, `x5c` and `kid` say nothing here.
 *
 * @returns `undefined` for a key that must not be used
 * @throws Error when Node cannot read the key
 */
export function proofKey(jwk: unknown, alg: unknown): KeyObject | undefined {
  if (typeof jwk !== 'object' || jwk === null || PRIVATE_MEMBERS.some(name => Object.hasOwn(jwk, name)))
    return undefined;
  if (!isMeantFor(jwk as PublicJwk, alg)) return undefined;
  const key = createPublicKey({ key: jwk as JsonWebKey, format: 'jwk' });
  if (key.asymmetricKeyType === 'rsa' && (!isSound(key) || isRoca((jwk as JsonWebKey).n!))) return undefined;
  return key;
}

/** `sign` counts too: clients take the private members off a JWK and leave its `key_ops` as it is. */
function isMeantFor(jwk: PublicJwk, alg: unknown): boolean {
  const { use = 'sig', key_ops: operations = ['verify'] } = jwk;
  const forSignatures =
    use === 'sig' && Array.isArray(operations) && ['verify', 'sign'].some(one => operations.includes(one));
  return forSignatures && typeof alg === 'string' && isFor(jwk, alg);
}

/** RSA as FIPS 186-5 requires, with a short exponent: a key with a long one, chosen by the sender, would be slow to verify. */
function isSound({ asymmetricKeyDetails: { modulusLength = 0, publicExponent = 0n } = {} }: KeyObject): boolean {
  return modulusLength >= 2048 && publicExponent >= 65_537n && publicExponent < 2n ** 32n;
}
