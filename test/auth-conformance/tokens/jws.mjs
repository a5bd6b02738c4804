import { Buffer } from 'node:buffer';
import { createHmac, createPublicKey, sign } from 'node:crypto';
import { CompactSign, importJWK } from 'jose';
import { newKeyPair } from '../../support/new-key-pair.mjs';

/** A `crit` member that nobody understands. */
export const UNKNOWN_EXTENSION = 'urn:example:unknown-extension';

export const encoded = value =>
  Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

/** What signs as the issuer that the server under test trusts: a private JWK with `alg`, and the header its tokens have. */
export async function signerOf(jwk, header = {}) {
  const key = await importJWK(jwk, jwk.alg);
  const usual = { alg: jwk.alg, ...(jwk.kid !== undefined && { kid: jwk.kid }), ...header };
  return {
    header: usual,
    publicJwk: createPublicKey({ key: jwk, format: 'jwk' }).export({ format: 'jwk' }),
    sign: (claims, changes = {}) =>
      new CompactSign(Buffer.from(JSON.stringify(claims)))
        .setProtectedHeader({ ...usual, ...changes })
        .sign(key, { crit: { [UNKNOWN_EXTENSION]: true } }),
  };
}

/** Header and claims of a compact JWS; `undefined` of any other text. */
export function decoded(token) {
  try {
    const [header, claims, signature] = token.split('.');
    return {
      header: JSON.parse(Buffer.from(header, 'base64url')),
      claims: JSON.parse(Buffer.from(claims, 'base64url')),
      signature,
    };
  } catch {
    return undefined;
  }
}

export const withSignature = (header, claims, signature) => `${encoded(header)}.${encoded(claims)}.${signature}`;

export function hs256(header, claims, secret) {
  const input = `${encoded({ ...header, alg: 'HS256' })}.${encoded(claims)}`;
  return `${input}.${createHmac('sha256', secret).update(input).digest('base64url')}`;
}

/** A key of one's own, which nobody has a reason to trust, and what it signs. */
export function ownKey(alg) {
  const isRsa = /^(RS|PS)/.test(alg);
  const { privateKey, publicKey } = isRsa ? newKeyPair('rsa', { modulusLength: 2048 }) : newKeyPair();
  return {
    jwk: publicKey.export({ format: 'jwk' }),
    sign(header, claims) {
      const input = `${encoded({ ...header, alg: isRsa ? 'RS256' : 'ES256' })}.${encoded(claims)}`;
      return `${input}.${sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`;
    },
  };
}

/** Every spelling of a public key that has been mistaken for a shared secret. */
export function spellingsOf(jwk) {
  const key = createPublicKey({ key: jwk, format: 'jwk' });
  const pem = key.export({ type: 'spki', format: 'pem' });
  return {
    PEM: pem,
    'PEM without the last line break': pem.trimEnd(),
    DER: key.export({ type: 'spki', format: 'der' }),
    JWK: JSON.stringify(jwk),
  };
}
