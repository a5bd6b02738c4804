import { type KeyObject } from 'node:crypto';
import { type JWTPayload, SignJWT } from 'jose';
import { type JwkSet } from 'nestjs-eie';
import { type TokenFixture } from './fixture.js';
import { newKeyPair } from '../../support/key-pair.js';

const KID = 'provider-key';
const CURVES: Record<string, string> = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };

/** Stands in for the keys of one provider. */
export interface ProviderKeys {
  jwks: JwkSet;
  sign(token: TokenFixture): Promise<string>;
}

export function providerKeys(alg: string): ProviderKeys {
  const { publicKey, privateKey } = pairFor(alg);
  return {
    jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: KID, use: 'sig', alg }] as JwkSet['keys'] },
    sign: token => new SignJWT(today(token)).setProtectedHeader({ ...token.header, alg, kid: KID }).sign(privateKey),
  };
}

function pairFor(alg: string): { publicKey: KeyObject; privateKey: KeyObject } {
  if (alg === 'EdDSA') return newKeyPair('ed25519');
  const namedCurve = CURVES[alg];
  return namedCurve ? newKeyPair('ec', { namedCurve }) : newKeyPair('rsa', { modulusLength: 2048 });
}

/**
 * The claims as documented, with the changes that the fixture names. `iat`, `nbf` and `exp` keep their distances and move to now; a page that
 * prints no time gets an hour.
 */
export function today({ claims, changes = {} }: TokenFixture): JWTPayload {
  const changed: Record<string, unknown> = { ...claims };
  for (const [name, { to }] of Object.entries(changes)) {
    if (to === null) delete changed[name];
    else changed[name] = to;
  }
  const now = Math.floor(Date.now() / 1000);
  const { iat, nbf, exp } = changed as { iat?: number; nbf?: number; exp?: number };
  const life = iat !== undefined && exp !== undefined ? exp - iat : 3600;
  return { ...changed, iat: now, exp: now + life, ...(nbf !== undefined && { nbf: now }) };
}
