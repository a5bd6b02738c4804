import { type JwkSet } from 'nestjs-eie';
import { randomUUID, sign } from 'node:crypto';
import { newKeyPair } from '../../support/key-pair.js';

export const ISSUER = 'https://login.bench.test';
export const RESOURCE = 'https://mcp.bench.test/mcp';

/** The public half, as each contender wants it. */
export interface PublicKeys {
  readonly jwk: JwkSet['keys'][number];
  readonly pem: string;
}

/** An issuer of access tokens (RFC 9068), RS256 with 2048 bits, about 1 KB each. */
export function benchIssuer(): { readonly keys: PublicKeys; token(user: number, further?: object): string } {
  const { privateKey, publicKey } = newKeyPair('rsa', { modulusLength: 2048 });
  const header = encode({ alg: 'RS256', typ: 'at+jwt', kid: 'bench-1' });
  return {
    keys: {
      jwk: { ...publicKey.export({ format: 'jwk' }), kty: 'RSA', kid: 'bench-1', alg: 'RS256' },
      pem: publicKey.export({ type: 'spki', format: 'pem' }).toString(),
    },
    token(user, further = {}) {
      const claims = encode({
        ...claimsOf(user, {
          client_id: 'assistant',
          scope: 'orders:read orders:write invoices:read profile:read',
        }),
        ...further,
      });
      const signature = sign('sha256', Buffer.from(`${header}.${claims}`), privateKey).toString('base64url');
      return `${header}.${claims}.${signature}`;
    },
  };
}

export const subjectOf = (user: number): string => `user-${user}-5f0e6d0c-4b1d-4a26-9c7a-2f7d0c6e9a11`;

/** The claims of a new access token. */
export function claimsOf(user: number, own: { readonly client_id: string; readonly scope: string }): object {
  const now = Math.floor(Date.now() / 1000);
  return {
    iss: ISSUER,
    aud: RESOURCE,
    sub: subjectOf(user),
    ...own,
    jti: randomUUID(),
    sid: randomUUID(),
    iat: now,
    nbf: now,
    exp: now + 7200,
    auth_time: now,
    acr: 'urn:example:loa:2',
    roles: ['support', 'orders-reader'],
    name: `User ${user}`,
    email: `user-${user}@example.test`,
  };
}

export const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');

/** One after the other, from the beginning again after the last. */
export function inTurn<T>(values: readonly T[]): () => T {
  let next = 0;
  return () => values[next++ % values.length]!;
}
