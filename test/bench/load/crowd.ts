import { randomUUID, sign } from 'node:crypto';
import { type EieOptions, type JwkSet } from 'nestjs-eie';
import { newKeyPair } from '../../support/key-pair.js';
import { NoAuditLog } from './ours.js';
import { claimsOf, encode, ISSUER, RESOURCE } from './tokens.js';

type PublicKey = JwkSet['keys'][number];

export interface Crowd {
  readonly key: PublicKey;
  /** A new token of this user. */
  token(user: number): string;
}

/**
 * An issuer with many users. Its tokens have the same issuer, audience, roles, `acr` and one scope, `orders:read`. Subject, session, client
 * and all other scopes are texts of their own for each user: a client that registers itself has an id for each installation. About 1 KB each,
 * ES256, because that signs 100,000 tokens in seconds.
 */
export function crowdIssuer(): Crowd {
  const { privateKey, publicKey } = newKeyPair();
  const header = encode({ alg: 'ES256', typ: 'at+jwt', kid: 'crowd-1' });
  return {
    key: { ...publicKey.export({ format: 'jwk' }), kty: 'EC', kid: 'crowd-1', alg: 'ES256' },
    token(user) {
      const claims = encode(
        claimsOf(user, {
          client_id: `client-${user}-${randomUUID()}`,
          scope: `orders:read orders-of-${user}:write invoices-of-${user}:read profile-of-${user}:read`,
        }),
      );
      const key = { key: privateKey, dsaEncoding: 'ieee-p1363' } as const;
      const signature = sign('sha256', Buffer.from(`${header}.${claims}`), key).toString('base64url');
      return `${header}.${claims}.${signature}`;
    },
  };
}

/** Options that trust the issuer of the crowd, keep nothing of the audit, and remember as many tokens for an hour. */
export function trustingCrowd(key: PublicKey, capacity: number): EieOptions {
  return {
    resource: RESOURCE,
    issuers: [
      { issuer: ISSUER, jwks: { keys: [key] }, algorithms: ['ES256'], actorType: { user: { claim: 'auth_time' } } },
    ],
    audit: { log: new NoAuditLog() },
    limits: { tokenMemory: { capacity, lifetime: 3600 } },
  };
}
