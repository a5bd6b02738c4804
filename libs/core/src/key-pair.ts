import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';

interface KeyPair {
  readonly publicKey: KeyObject;
  readonly privateKey: KeyObject;
}

interface KeyPairOptions {
  readonly namedCurve?: string;
  /** Bits. */
  readonly modulusLength?: number;
  readonly publicExponent?: number;
}

/**
 * A new pair of keys, which is written and read once. Node 20 may block for ever when a key is exported while the job that has generated it is collected
 * as garbage: the export holds a lock that the end of the job waits for, on the same thread.
 *
 * @param type default `ec`
 * @param options default P-256 for `ec`
 */
export function newKeyPair(
  type: 'ec' | 'ed25519' | 'ed448' | 'rsa' | 'x25519' = 'ec',
  options: KeyPairOptions = type === 'ec' ? { namedCurve: 'P-256' } : {},
): KeyPair {
  const { privateKey: pem } = generateKeyPairSync(type as 'ec', {
    ...(options as { namedCurve: string }),
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  return { privateKey: createPrivateKey(pem), publicKey: createPublicKey(pem) };
}
