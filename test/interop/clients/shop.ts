import { decodeJwt, exportJWK, generateKeyPair } from 'jose';
import {
  type EieOptions,
  type ExecutionIdentityEnvelope,
  Identity,
  type IssuerOptions,
  RequireScopes,
} from 'nestjs-eie';
import { EieMcpModule, type EieMcpOptions, Tool, ToolController } from 'nestjs-eie/mcp';
import {
  type AuthorizationServer,
  startAuthorizationServer,
} from '../../../src/authorization-server/authorization-server.js';
import { type AppSetup, startApp, type TestApp } from '../../support/app.js';
import { freePort } from '../../support/free-port.js';

export const ALICE = { sub: 'alice', password: 'correct horse', tenant: 'acme', name: 'Alice' };
/** A client that the operator of the authorization server has registered. */
export const REGISTERED = 'desk-copilot';
/** A client whose id is the address of its metadata. */
export const METADATA_DOCUMENT = 'https://assistant.test/oauth/client.json';
/** Where clients of this machine are called back, at any port. */
export const CALLBACK = 'http://127.0.0.1/callback';
const SCOPES = ['orders:read', 'orders:write'];

const application = {
  client_name: 'Assistant',
  application_type: 'native' as const,
  token_endpoint_auth_method: 'none' as const,
  redirect_uris: [CALLBACK],
  grant_types: ['authorization_code', 'refresh_token'],
};

@ToolController()
@RequireScopes('orders:read')
export class Orders {
  @Tool({ name: 'read' })
  read(@Identity() { actor, authorization }: ExecutionIdentityEnvelope) {
    return { sub: actor.sub, scopes: authorization.scopes };
  }

  @Tool({ name: 'write' })
  @RequireScopes('orders:write')
  write(@Identity() { actor, authorization }: ExecutionIdentityEnvelope) {
    return { sub: actor.sub, scopes: authorization.scopes };
  }
}

@ToolController()
@RequireScopes('orders:read')
export class Stock {
  @Tool({ name: 'stock' })
  stock() {
    return 7;
  }
}

export interface ShopSetup extends Pick<AppSetup, 'adapter' | 'prepare'> {
  /** Of the MCP route, from the root; `/` for a resource without a path. */
  path?: '/mcp' | '/';
  /** How the server writes its resource, made of its origin. */
  resourceOf?: (origin: string) => string;
  /** A second route, with a resource and tools of its own. */
  second?: boolean;
  route?: Partial<EieMcpOptions>;
  options?: Partial<EieOptions>;
  /** The address of a web page that clients are called back at. */
  page?: string;
}

/** An MCP server as its clients meet it, at an address of this machine, with an authorization server that clients can register at. */
export interface ClientShop extends TestApp, Pick<AuthorizationServer, 'issuer'> {
  /** As the server writes it. */
  resource: string;
  /** The address that a client is given. */
  mcp: URL;
  /** The same token as it will be an hour after it has expired. */
  expired(accessToken: string): string;
  /** The same token for other audiences. */
  readdressed(accessToken: string, aud: string | string[]): string;
}

export async function startClientShop({
  path = '/mcp',
  resourceOf = origin => (path === '/' ? origin : `${origin}${path}`),
  second = false,
  route,
  options,
  page,
  ...setup
}: ShopSetup): Promise<ClientShop> {
  // The resource names the port, so it is chosen before the application is made.
  const port = await freePort();
  const origin = `http://127.0.0.1:${port}`;
  const resource = resourceOf(origin);
  const client = page === undefined ? application : { ...application, redirect_uris: [page] };
  const server = await startAuthorizationServer({
    accounts: [ALICE],
    // An authorization server compares resources as text: it has both spellings of one without a path.
    resources: Object.fromEntries(
      [resource, origin, `${origin}/`, `${origin}/stock`].map(one => [one, { scopes: SCOPES }]),
    ),
    clients: [{ ...client, client_id: REGISTERED }],
    exchange: {},
    dpop: true,
    registration: { fetch: async input => documentOf(new Request(input).url, client) },
  });
  const issuer = {
    issuer: server.issuer,
    jwksUri: server.jwksUri,
    algorithms: ['ES256'],
    tenants: ['acme'],
    actorType: { user: { claim: 'sub_profile', values: ['user'] } },
  } satisfies IssuerOptions;
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const own = { name: 'shop', version: '1.0.0' };
  const app = await startApp(
    { issuerOptions: () => issuer },
    {
      ...setup,
      port,
      providers: [Orders, Stock],
      imports: [
        EieMcpModule.register({ ...own, path, include: second ? [Orders] : [Orders, Stock], ...route }),
        ...(second
          ? [EieMcpModule.register({ ...own, path: 'stock', include: [Stock], resource: `${origin}/stock` })]
          : []),
      ],
      options: {
        resource,
        signing: { keys: [{ ...(await exportJWK(privateKey)), kid: 'seal-1' }] },
        authorization: { scopesSupported: ['orders:read'] },
        ...options,
      },
    },
  );
  const again = (token: string, claims: object): string =>
    server.sign({ ...decodeJwt(token), ...claims }, { typ: 'at+jwt' });
  return {
    ...app,
    issuer: server.issuer,
    resource,
    mcp: new URL(path, origin),
    expired: token => {
      const now = Math.floor(Date.now() / 1000);
      return again(token, { iat: now - 7200, exp: now - 3600 });
    },
    readdressed: (token, aud) => again(token, { aud }),
    async close() {
      await app.close();
      await server.close();
    },
  };
}

/** What the website of the client answers. */
const documentOf = (address: string, client: object): Response =>
  address === METADATA_DOCUMENT
    ? Response.json({ ...client, client_id: METADATA_DOCUMENT })
    : new Response(null, { status: 404 });
