import { randomUUID } from 'node:crypto';
import { type RequestListener } from 'node:http';
import { exportJWK, type JWTPayload, SignJWT } from 'jose';
import { newKeyPair } from '../../src/authorization-server/key-pair.js';
import { type IssuerOptions } from 'nestjs-eie';
import { MCP, SERVER_CLIENT } from './world.js';
import { startLoopback } from './loopback.js';

export interface LyingIssuer {
  issuerOptions: IssuerOptions;
  /** A sound token of alice for the MCP server. */
  userToken: string;
  /** Another one like it. */
  freshToken(): Promise<string>;
  /** How the token endpoint answers from now on. */
  answer: RequestListener;
  tokenRequests(): number;
  sign(claims: JWTPayload): Promise<string>;
  close(): Promise<void>;
}

/** An authorization server whose token endpoint does whatever a test says: what no real one can be made to do. */
export async function startLyingIssuer(): Promise<LyingIssuer> {
  const { privateKey, publicKey } = newKeyPair();
  const key = { ...(await exportJWK(privateKey)), kid: 'k', alg: 'ES256' };
  const api = await startLoopback((request, response) => issuer.answer(request, response));
  const sign = (claims: JWTPayload): Promise<string> =>
    new SignJWT({ iss: api.url, sub: 'alice', client_id: 'desk-copilot', sub_profile: 'user', ...claims })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'k' })
      .setIssuedAt(claims.iat)
      .setExpirationTime(claims.exp ?? '5m')
      .sign(privateKey);
  const freshToken = (): Promise<string> => sign({ aud: MCP, scope: 'orders:read', jti: randomUUID() });
  const issuer: LyingIssuer = {
    issuerOptions: {
      issuer: api.url,
      jwks: { keys: [{ ...((await exportJWK(publicKey)) as object), kty: 'EC', kid: 'k', alg: 'ES256' }] },
      algorithms: ['ES256'],
      actorType: { user: { claim: 'sub_profile', values: ['user'] } },
      metadata: { tokenEndpoint: `${api.url}/token` },
      client: { clientId: SERVER_CLIENT, auth: { method: 'private_key_jwt', key } },
    },
    userToken: await freshToken(),
    freshToken,
    answer: (_request, response) => response.writeHead(500).end(),
    tokenRequests: () => api.requests.length,
    sign,
    close: () => api.close(),
  };
  return issuer;
}

export const tokenAnswer =
  (body: object, status = 200): RequestListener =>
  (_request, response) => {
    response
      .writeHead(status, { 'content-type': 'application/json', 'cache-control': 'no-store' })
      .end(JSON.stringify(body));
  };
