import { type JWK } from 'jose';
import { type IssuerOptions } from '../../options/issuer.options.js';
import { assertTesting } from '../only-in-tests.js';
import { Clients } from './clients.js';
import { Codes } from './codes.js';
import { type GrantParts } from './grants/grant.js';
import { type LoopbackServer, startLoopbackServer } from './http/loopback-server.js';
import { PATHS } from './http/metadata.js';
import { routes } from './http/routes.js';
import { type Outage, Outages, type ServerPart } from './outages.js';
import {
  type TestAuthorizationServerOptions,
  type TestClient,
  type TestResource,
  type TestTokenRequest,
} from './server.options.js';
import { ALGORITHM, SigningKeys } from './signing-keys.js';
import { TokenMint } from './token-mint.js';

const USERS = [
  { sub: 'alice', name: 'Alice' },
  { sub: 'bob', name: 'Bob' },
];

/**
 * An OAuth 2.1 authorization server in this process, on the loopback interface: metadata (RFC 8414, OpenID Connect Discovery), keys, client
 * credentials, token exchange with `act` (RFC 8693), authorization code with PKCE, refresh tokens, dynamic registration (RFC 7591), client id
 * metadata documents, and a page on which the user says who they are and whom they allow. Access tokens are JWTs (RFC 9068), ES256.
 *
 * It asks for no password and gives a token to whoever asks: it is for tests and for development alone. It does NOT bind tokens to keys (DPoP),
 * has no opaque tokens and no introspection, and forgets everything when the process ends.
 *
 * @example
 * const server = await TestAuthorizationServer.start({ audience: 'https://mcp.example.com/mcp' });
 * const token = await server.token({ sub: 'alice', scopes: ['orders:read'], agent: 'desk-agent' });
 * await server.close();
 */
export class TestAuthorizationServer {
  /** `iss` of its tokens. */
  readonly issuer: string;
  /** Where it listens. The same as `issuer`, unless it stands in for another one. */
  readonly url: string;
  readonly #server: LoopbackServer;
  readonly #parts: GrantParts;
  readonly #resources: Map<string, TestResource>;
  readonly #outages: Outages;

  private constructor(
    server: LoopbackServer,
    parts: GrantParts,
    resources: Map<string, TestResource>,
    outages: Outages,
  ) {
    this.#server = server;
    this.#parts = parts;
    this.#resources = resources;
    this.#outages = outages;
    this.issuer = parts.issuer;
    this.url = server.url;
  }

  /**
   * Starts in a few milliseconds.
   *
   * @throws EieConfigurationError where NODE_ENV is neither `development` nor `test`
   */
  static async start(options: TestAuthorizationServerOptions = {}): Promise<TestAuthorizationServer> {
    assertTesting('TestAuthorizationServer');
    const { port, audience, users = USERS, clients = [], lifetime, fetch: fetcher = fetch } = options;
    const keys = await SigningKeys.generate();
    const outages = new Outages();
    const resources = new Map(Object.entries(options.resources ?? {}));
    const known: { routes?: ReturnType<typeof routes> } = {};
    const server = await startLoopbackServer(async request => known.routes?.(request), port);
    const issuer = options.issuer ?? server.url;
    const parts: GrantParts = {
      issuer,
      audience,
      keys,
      mint: new TokenMint(keys, { issuer, audience, lifetime }),
      codes: new Codes(),
      clients: new Clients(clients, fetcher),
      users: new Map(users.map(user => [user.sub, user])),
      resources,
    };
    known.routes = routes(parts, outages);
    return new TestAuthorizationServer(server, parts, resources, outages);
  }

  get jwksUri(): string {
    return this.url + PATHS.jwks;
  }

  get tokenEndpoint(): string {
    return this.url + PATHS.token;
  }

  /** The public keys of this moment: RFC 7517. */
  get jwks(): { keys: JWK[] } {
    return this.#parts.keys.jwks;
  }

  /**
   * An access token as a login would give it (RFC 9068), without the login. It is NOT limited to registered users, clients and scopes: what an
   * issuer may say is for your server to judge.
   *
   * @throws EieConfigurationError where neither the request nor the server names an audience
   * @example await server.token({ sub: 'alice', tenant: 'acme', scopes: ['orders:read'], agent: 'desk-agent', audience })
   */
  token(request: TestTokenRequest = {}): Promise<string> {
    return this.#parts.mint.mint(request);
  }

  /**
   * This server as one of `issuers` of `EieModule`. A token is of a user, or of a service, by its claim `sub_profile`.
   *
   * @param changes such as `tenants`, `agents`, or `client` where targets get their tokens here
   * @example EieModule.forRoot({ resource, issuers: [server.issuerOptions({ tenants: ['acme'] })] })
   */
  issuerOptions(changes: Partial<IssuerOptions> = {}): IssuerOptions {
    return {
      issuer: this.issuer,
      jwksUri: this.jwksUri,
      algorithms: [ALGORITHM],
      metadata: { tokenEndpoint: this.tokenEndpoint },
      actorType: {
        user: { claim: 'sub_profile', values: ['user'] },
        service: { claim: 'sub_profile', values: ['service'] },
      },
      ...changes,
    };
  }

  /** Registers one more client, or another one under the id of one. */
  addClient(client: TestClient): void {
    this.#parts.clients.add(client);
  }

  /** Says what is known of a resource. */
  addResource(identifier: string, resource: TestResource): void {
    this.#resources.set(identifier, resource);
  }

  /** A new signing key in place of the old one, which is published no more: the tokens that it has signed stop working where keys are fetched again. */
  rotateKeys(): Promise<void> {
    return this.#parts.keys.rotate();
  }

  /**
   * Parts that fail from now on, by `metadata`, `jwks`, `token`, `authorize` and `register`.
   *
   * @example server.fail({ jwks: 503, token: { delay: 2_000 }, metadata: { closes: true } })
   */
  fail(outages: Readonly<Partial<Record<ServerPart, Outage>>>): void {
    this.#outages.fail(outages);
  }

  /** Ends the outages of these parts. Default: of all. */
  mend(...parts: readonly ServerPart[]): void {
    this.#outages.mend(...parts);
  }

  /** Ends every connection. */
  close(): Promise<void> {
    return this.#server.close();
  }
}
