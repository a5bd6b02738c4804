import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

/**
 * A new EC key (P-256). It is written and read once: Node 20 may block for ever when a key is exported as a JWK while the job that has generated it is
 * collected as garbage.
 */
export function newKeyPair(): { readonly publicKey: KeyObject; readonly privateKey: KeyObject } {
  const { privateKey: pem } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { privateKey: createPrivateKey(pem), publicKey: createPublicKey(pem) };
}
