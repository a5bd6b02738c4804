import { createRemoteJWKSet, exportJWK, generateKeyPair, type JWTPayload, jwtVerify } from 'jose';
import * as oauth from 'oauth4webapi';
import {
  ACCESS_TOKEN,
  type AuthorizationServer,
  type ClientRegistration,
  JWT_BEARER,
  startAuthorizationServer,
  TOKEN_EXCHANGE,
} from '../../src/authorization-server/authorization-server.js';
import { logIn, type LoginRequest } from '../../src/authorization-server/login.js';

export const MCP = 'https://mcp.shop.test/mcp';
export const ORDERS = 'https://orders.shop.test/';
export const BILLING = 'https://billing.shop.test/';
/** Its tokens are opaque. */
export const NOTES = 'https://notes.shop.test/';
export const PASSWORD = 'correct horse';
/** What Carol has to meet before anybody acts on her behalf. */
export const STEP_UP = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
export const REDIRECT_URI = 'http://127.0.0.1/callback';
export const loopback = { [oauth.allowInsecureRequests]: true };

type Claims = JWTPayload & Record<string, unknown>;
type UserToken = Partial<Parameters<AuthorizationServer['mintUserToken']>[0]>;
type Answer = Promise<oauth.TokenEndpointResponse>;

/** A shop with a user, two applications, an MCP server that may exchange, and services. */
export interface Shop extends AuthorizationServer {
  metadata: oauth.AuthorizationServer;
  issued: string[];
  logIn(changes?: Partial<LoginRequest>): Answer;
  /** Alice's, through the assistant, for the MCP server. */
  userToken(changes?: UserToken): string;
  verify(token: string, audience: string): Promise<Claims>;
  clientCredentials(clientId: string, parameters: Record<string, string>): Answer;
  /** As the MCP server unless told otherwise. */
  exchange(subjectToken: string, changes?: Record<string, string> | string[][], clientId?: string): Answer;
  /** As the MCP server unless told otherwise. */
  onBehalfOf(assertion: string, changes?: Record<string, string>, clientId?: string): Answer;
  /** What the server answers about a token. */
  introspect(token: string, clientId: string): Promise<{ status: number; body: Record<string, unknown> }>;
}

export async function openShop(port = 0): Promise<Shop> {
  const { privateKey, publicKey } = await generateKeyPair('ES256');
  const jwks = { keys: [{ ...(await exportJWK(publicKey)), kty: 'EC', kid: 'key-1', alg: 'ES256' }] };
  const confidential: Omit<ClientRegistration, 'client_id'> = {
    token_endpoint_auth_method: 'private_key_jwt',
    jwks,
    grant_types: [TOKEN_EXCHANGE, JWT_BEARER, 'client_credentials'],
  };
  const application: Omit<ClientRegistration, 'client_id'> = {
    application_type: 'native',
    token_endpoint_auth_method: 'none',
    redirect_uris: [REDIRECT_URI],
    grant_types: ['authorization_code', 'refresh_token'],
  };
  const issued: string[] = [];

  const server = await startAuthorizationServer({
    port,
    accounts: [
      { sub: 'alice', password: PASSWORD, tenant: 'acme', name: 'Alice' },
      { sub: 'bob', password: 'battery staple', tenant: 'acme', name: 'Bob' },
      { sub: 'carol', password: PASSWORD, tenant: 'acme', name: 'Carol', stepUp: STEP_UP },
    ],
    resources: {
      [MCP]: { scopes: ['orders:read', 'orders:write', 'tools:use'] },
      [ORDERS]: { scopes: ['orders:read', 'orders:write', 'orders:audit'], lifetime: 60 },
      [BILLING]: { scopes: ['billing:read', 'orders:read'], lifetime: 3600 },
      [NOTES]: { scopes: ['notes:read'], opaque: true },
    },
    clients: [
      { ...application, client_id: 'cli' },
      { ...application, client_id: 'assistant', client_name: 'The <Assistant>', agent: { sub: 'agent-7' } },
      {
        ...application,
        client_id: 'web',
        client_secret: 'a secret',
        token_endpoint_auth_method: 'client_secret_basic',
      },
      {
        ...application,
        client_id: 'public-server',
        resource_id: MCP,
        grant_types: [TOKEN_EXCHANGE, JWT_BEARER, 'authorization_code'],
      },
      { ...confidential, client_id: 'mcp-server', resource_id: MCP },
      { ...confidential, client_id: 'billing', resource_id: BILLING },
      { ...confidential, client_id: 'notes', resource_id: NOTES },
      { ...application, client_id: 'public-notes', resource_id: NOTES },
      {
        client_id: 'nightly',
        client_secret: 'a secret: with/special+characters',
        token_endpoint_auth_method: 'client_secret_basic',
        grant_types: ['client_credentials'],
        scope: 'orders:read',
        tenant: 'acme',
      },
    ],
    exchange: {
      'mcp-server': { [ORDERS]: 'delegation', [BILLING]: 'impersonation' },
      'public-server': { [ORDERS]: 'delegation' },
      billing: { [ORDERS]: 'delegation' },
    },
    onToken: token => issued.push(token),
  });

  const issuer = new URL(server.issuer);
  const metadata = await oauth.processDiscoveryResponse(issuer, await oauth.discoveryRequest(issuer, loopback));
  const keys = createRemoteJWKSet(new URL(server.jwksUri));
  const privateKeyJwt = oauth.PrivateKeyJwt({ key: privateKey, kid: 'key-1' });
  const authentication: Record<string, oauth.ClientAuth> = {
    'mcp-server': privateKeyJwt,
    billing: privateKeyJwt,
    notes: privateKeyJwt,
    'public-server': oauth.None(),
    nightly: oauth.ClientSecretBasic('a secret: with/special+characters'),
  };
  const authenticate = (clientId: string): oauth.ClientAuth => authentication[clientId] ?? oauth.None();

  const grant = async (type: string, parameters: string[][], client_id: string): Answer => {
    const auth = authenticate(client_id);
    const response = await oauth.genericTokenEndpointRequest(metadata, { client_id }, auth, type, parameters, loopback);
    return oauth.processGenericTokenEndpointResponse(metadata, { client_id }, response);
  };

  return {
    ...server,
    metadata,
    issued,
    logIn: changes =>
      logIn({
        issuer: server.issuer,
        clientId: 'cli',
        redirectUri: REDIRECT_URI,
        resource: MCP,
        scope: 'orders:read',
        sub: 'alice',
        password: PASSWORD,
        ...changes,
      }),
    userToken: changes =>
      server.mintUserToken({
        sub: 'alice',
        clientId: 'assistant',
        resource: MCP,
        scope: 'orders:read tools:use',
        ...changes,
      }),
    async verify(token, audience) {
      const expected = { issuer: server.issuer, audience, typ: 'at+jwt', algorithms: ['ES256'] };
      return (await jwtVerify<Claims>(token, keys, expected)).payload;
    },
    async clientCredentials(client_id, parameters) {
      const client = { client_id };
      const auth = authenticate(client_id);
      const response = await oauth.clientCredentialsGrantRequest(metadata, client, auth, parameters, loopback);
      return oauth.processClientCredentialsResponse(metadata, client, response);
    },
    exchange(subject_token, changes = {}, clientId = 'mcp-server') {
      const subject = { subject_token, subject_token_type: ACCESS_TOKEN };
      const parameters: string[][] = Array.isArray(changes)
        ? [...Object.entries(subject), ...changes]
        : Object.entries({ ...subject, resource: ORDERS, ...changes });
      return grant(TOKEN_EXCHANGE, parameters, clientId);
    },
    onBehalfOf(assertion, changes, clientId = 'mcp-server') {
      const parameters = { assertion, requested_token_use: 'on_behalf_of', scope: `${ORDERS}/orders:read`, ...changes };
      return grant(JWT_BEARER, Object.entries(parameters), clientId);
    },
    async introspect(token, client_id) {
      const auth = authenticate(client_id);
      const response = await oauth.introspectionRequest(metadata, { client_id }, auth, token, loopback);
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    },
  };
}

export function refused(attempt: Promise<unknown>, error: string, reason: string): Promise<void> {
  return expect(attempt).rejects.toMatchObject({ error, error_description: expect.stringContaining(reason) });
}
