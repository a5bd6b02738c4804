import { createPublicKey, verify } from 'node:crypto';
import { importJWK, jwtVerify } from 'jose';
import { inTurn, ISSUER, type PublicKeys, RESOURCE } from '../load/tokens.js';
import { type Operation } from './operation.js';

export const RAW = 'crypto.verify, RS256, KeyObject';
export const RAW_TWIN = 'crypto.verify, RS256, KeyObject, once more';
export const JOSE = 'jose.jwtVerify, KeyObject';
export const JOSE_CRYPTO_KEY = 'jose.jwtVerify, CryptoKey';

/** The least that a new token costs whoever checks its signature: the unit of this benchmark. */
export function rawVerification(name: string, { pem }: PublicKeys, tokens: readonly string[]): Operation {
  const key = createPublicKey(pem);
  const next = inTurn(
    tokens.map(token => {
      const end = token.lastIndexOf('.');
      return {
        signed: Buffer.from(token.slice(0, end)),
        signature: Buffer.from(token.slice(end + 1), 'base64url'),
      };
    }),
  );
  return {
    name,
    run() {
      const { signed, signature } = next();
      if (!verify('sha256', signed, key, signature)) throw new Error('A token of the benchmark has a wrong signature.');
    },
  };
}

/** What most applications call: signature, issuer, audience and times of one token. */
export async function joseVerifications(keys: PublicKeys, tokens: readonly string[]): Promise<Operation[]> {
  const expected = { issuer: ISSUER, audience: RESOURCE, algorithms: ['RS256'] };
  const byKey = Object.entries({
    [JOSE]: createPublicKey(keys.pem),
    [JOSE_CRYPTO_KEY]: await importJWK(keys.jwk, 'RS256'),
  });
  return byKey.map(([name, key]) => {
    const next = inTurn(tokens);
    return { name, run: () => jwtVerify(next(), key, expected) };
  });
}
