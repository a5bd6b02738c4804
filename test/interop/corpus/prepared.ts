import { createHash, createPublicKey, type JsonWebKey } from 'node:crypto';
import { type IssuerServer, type OwnIssuer } from './issuer-server.js';
import { privateKey } from './test-keys.js';
import { type Case } from './rules/case.js';
import { MCP, NOW } from './rules/genuine.js';
import { filled, signed, tokenOf } from './token.js';

/** A case with the token and the request that its recipe makes with the keys of this run. */
export interface Prepared {
  readonly case: Case;
  readonly profile: string;
  readonly token: string;
  /** Name, value, name, value, as they are sent. */
  readonly headers: readonly string[];
  /** Where the issuer is one of this case alone. */
  readonly own?: OwnIssuer;
}

/** The protected resource as clients see it. */
export const URL_OF_THE_CALL = `${new URL(MCP).origin}/who`;

export function prepare(one: Case, server: IssuerServer): Prepared {
  const own = one.kind === 'keys' || one.kind === 'metadata' ? server.ownIssuer(one) : undefined;
  const profile = own ? 'own' : (one.issuer ?? 'plain');
  const variables = { jkt: clientThumbprint(), jwk: jwkOf('stranger'), server: server.url };
  const parts = tokenOf(one, variables, profile, own?.issuer);
  const token = filled(one.compact ?? '{token}', parts);
  const lines = (one.lines ?? ['Authorization: Bearer {token}']).map(line => filled(line, { ...parts, token }));
  const headers = lines.flatMap(line => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)]);
  return {
    case: one,
    profile,
    token,
    headers: one.proven ? ['Authorization', `DPoP ${token}`, 'DPoP', proofFor(token, one.id)] : headers,
    ...(own && { own }),
  };
}

/** RFC 7638. */
export function clientThumbprint(): string {
  const { crv, kty, x, y } = jwkOf('client');
  return sha256(JSON.stringify({ crv, kty, x, y }));
}

/** RFC 9449 section 4.2. */
function proofFor(token: string, jti: string): string {
  const { crv, kty, x, y } = jwkOf('client');
  const header = { typ: 'dpop+jwt', alg: 'ES256', jwk: { crv, kty, x, y } };
  const claims = { jti, htm: 'GET', htu: URL_OF_THE_CALL, iat: NOW, ath: sha256(token) };
  const input = [header, claims].map(one => Buffer.from(JSON.stringify(one)).toString('base64url')).join('.');
  return `${input}.${signed(input, 'client', 'ES256').toString('base64url')}`;
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('base64url');
const jwkOf = (name: string): JsonWebKey => createPublicKey(privateKey(name)).export({ format: 'jwk' });
