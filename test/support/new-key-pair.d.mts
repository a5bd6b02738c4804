import { type KeyObject } from 'node:crypto';

/**
 * @param type default `ec`
 * @param options default P-256 for `ec`
 */
export function newKeyPair(
  type?: 'ec' | 'ed25519' | 'ed448' | 'rsa' | 'x25519',
  options?: { readonly namedCurve?: string; readonly modulusLength?: number; readonly publicExponent?: number },
): { readonly publicKey: KeyObject; readonly privateKey: KeyObject };
