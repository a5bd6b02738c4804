import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, SignJWT } from 'jose';
import { type IssuerOptions } from 'nestjs-eie';
import * as oauth from 'oauth4webapi';
import { memoryStorage } from '../../../src/authorization-server/storage.js';
import { type Certificate } from '../../support/certificates.js';

export const RESOURCE = 'https://mcp.shop.test/mcp';
const SECRET = 'a-secret-of-a-machine-client';
const BY_CERTIFICATE = 'certificate-client';
const BY_KEY = 'key-client';

/** The key of a client, its thumbprint, and its proofs. */
export interface ClientKey extends oauth.CryptoKeyPair {
  readonly jkt: string;
}

export async function clientKey(alg = 'ES256'): Promise<ClientKey> {
  const { privateKey, publicKey } = await generateKeyPair(alg);
  return { privateKey, publicKey, jkt: await calculateJwkThumbprint(await exportJWK(publicKey)) };
}

/** An oidc-provider that binds tokens by DPoP and to client certificates, and its key, for tokens as other providers write them. */
export interface Issuer {
  readonly options: IssuerOptions;
  /** Issued by the provider for a proof of this key. */
  boundToKey(key: ClientKey): Promise<string>;
  /** Issued by the provider to the client of this certificate. */
  boundToCertificate(certificate: Certificate): Promise<string>;
  /** Made here, with the key of the provider. */
  token(claims?: Readonly<Record<string, unknown>>): Promise<string>;
  close(): Promise<void>;
}

export async function startIssuer(): Promise<Issuer> {
  // It prints a notice at import on a version of Node that it does not support, and one for each default later.
  const { default: Provider } = await import('oidc-provider');
  const { privateKey, publicKey } = await generateKeyPair('ES256', { extractable: true });
  const named = { kid: 'k', alg: 'ES256', use: 'sig' };
  const server: Server = createServer();
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve));
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const registered = {
    client_secret: SECRET,
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: [],
  };
  const provider = new Provider(issuer, {
    adapter: memoryStorage([]),
    jwks: { keys: [{ ...(await exportJWK(privateKey)), ...named }] },
    clients: [
      { ...registered, client_id: BY_KEY, dpop_bound_access_tokens: true },
      { ...registered, client_id: BY_CERTIFICATE, tls_client_certificate_bound_access_tokens: true },
    ],
    clientDefaults: { id_token_signed_response_alg: 'ES256', token_endpoint_auth_method: 'client_secret_basic' },
    enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
    scopes: ['orders:read'],
    ttl: { ClientCredentials: () => 300 },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      dPoP: { enabled: true },
      mTLS: {
        enabled: true,
        certificateBoundAccessTokens: true,
        getCertificate: ctx => decodeURIComponent(ctx.get('x-certificate')),
      },
      resourceIndicators: {
        enabled: true,
        getResourceServerInfo: () => ({
          scope: 'orders:read',
          audience: RESOURCE,
          accessTokenFormat: 'jwt',
          accessTokenTTL: 300,
          jwt: { sign: { alg: 'ES256' } },
        }),
      },
    },
  });
  const handle = provider.callback();
  server.on('request', (request, response) => void handle(request, response));
  const as: oauth.AuthorizationServer = { issuer, token_endpoint: `${issuer}/token` };

  async function ask(id: string, options: oauth.ClientCredentialsGrantRequestOptions): Promise<string> {
    const client = { client_id: id };
    const parameters = new URLSearchParams({ resource: RESOURCE, scope: 'orders:read' });
    const auth = oauth.ClientSecretBasic(SECRET);
    const insecure = { ...options, [oauth.allowInsecureRequests]: true };
    const response = await oauth.clientCredentialsGrantRequest(as, client, auth, parameters, insecure);
    return (await oauth.processClientCredentialsResponse(as, client, response)).access_token;
  }

  return {
    options: {
      issuer,
      jwks: { keys: [{ ...(await exportJWK(publicKey)), ...named }] },
      algorithms: ['ES256'],
      actorType: { user: { claim: 'sub_profile', values: ['user'] } },
    },
    boundToKey: key => ask(BY_KEY, { DPoP: oauth.DPoP({}, key) }),
    boundToCertificate: ({ cert }) => ask(BY_CERTIFICATE, { headers: { 'x-certificate': encodeURIComponent(cert) } }),
    token: (claims = {}) =>
      new SignJWT({ sub: 'alice', client_id: 'desk', sub_profile: 'user', scope: 'orders:read', ...claims })
        .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'k' })
        .setIssuer(issuer)
        .setAudience(RESOURCE)
        .setIssuedAt()
        .setExpirationTime(Number(claims.exp ?? Math.floor(Date.now() / 1000) + 300))
        .sign(privateKey),
    close: () => new Promise(resolve => server.close(() => resolve())),
  };
}
