import { createPrivateKey, createPublicKey, generateKeyPairSync } from 'node:crypto';

/** A new pair of keys, written and read once: see `newKeyPair` in libs/core/src/key-pair.ts. */
export function newKeyPair(type = 'ec', options = type === 'ec' ? { namedCurve: 'P-256' } : {}) {
  const { privateKey: pem } = generateKeyPairSync(type, {
    ...options,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { privateKey: createPrivateKey(pem), publicKey: createPublicKey(pem) };
}
