import {
  Client,
  type OAuthClientProvider,
  type OAuthDiscoveryState,
  type StoredOAuthTokens,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import { type ExecutionIdentityEnvelope, Identity, RequireScopes } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { Cookies } from '../../src/authorization-server/cookies.js';
import { type Adapter, ADAPTERS, callTool, type Era, ERAS, startMcpApp, type TestApp } from '../support/app.js';
import { MCP, startWorld, type World } from '../support/world.js';

@ToolController()
@RequireScopes('orders:read')
class Tools {
  @Tool({ name: 'read' })
  read(@Identity() { authorization }: ExecutionIdentityEnvelope) {
    return authorization.scopes;
  }

  @Tool({ name: 'write' })
  @RequireScopes('orders:write')
  write(@Identity() { actor, authorization }: ExecutionIdentityEnvelope) {
    return { sub: actor.sub, scopes: authorization.scopes };
  }
}

/** What an MCP host keeps for one user, who signs in without a browser. */
class SignsIn implements OAuthClientProvider {
  readonly redirectUrl = 'http://127.0.0.1/callback';
  readonly clientMetadata = { redirect_uris: [this.redirectUrl] };
  /** The scopes that were asked for, one login after the other. */
  readonly asked: (string | null)[] = [];
  callback?: URLSearchParams;
  #tokens?: StoredOAuthTokens;
  #verifier = '';
  #discovery?: OAuthDiscoveryState;

  constructor(private readonly user: { username: string; password: string }) {}

  clientInformation = () => ({ client_id: 'assistant' });
  tokens = () => this.#tokens;
  saveTokens = (tokens: StoredOAuthTokens) => void (this.#tokens = tokens);
  saveCodeVerifier = (verifier: string) => void (this.#verifier = verifier);
  codeVerifier = () => this.#verifier;
  saveDiscoveryState = (state: OAuthDiscoveryState) => void (this.#discovery = state);
  discoveryState = () => this.#discovery;

  async redirectToAuthorization(start: URL): Promise<void> {
    this.asked.push(start.searchParams.get('scope'));
    const cookies = new Cookies();
    let form: URLSearchParams | undefined;
    let url = start;
    for (let step = 0; step < 10; step++) {
      const response = await fetch(url, {
        redirect: 'manual',
        headers: cookies.header(url),
        ...(form && { method: 'POST', body: form }),
      });
      cookies.store(response);
      await response.body?.cancel();
      const location = response.headers.get('location');
      form = location === null ? new URLSearchParams(this.user) : undefined;
      url = location === null ? url : new URL(location, url);
      if (url.href.startsWith(this.redirectUrl)) return void (this.callback = url.searchParams);
    }
    throw new Error(`the login ended at ${url.href}`);
  }
}

describe.each(ADAPTERS)('a client that lacks a scope, on %s', adapter => {
  let world: World;
  let app: TestApp;
  const challenges: (string | null)[] = [];

  beforeAll(async () => void (world = await startWorld()));
  afterAll(() => world?.close());
  beforeEach(async () => {
    challenges.length = 0;
    app = await start(adapter);
  });
  afterEach(() => app?.close());

  const start = (on: Adapter) =>
    startMcpApp(world, {
      adapter: on,
      providers: [Tools],
      options: { authorization: { scopesSupported: ['orders:read'] } },
    });

  /** The name of the server leads to this machine, as it would in its own network. */
  const named: typeof fetch = async (input, init) => {
    const url = new URL(input instanceof Request ? input.url : input);
    const response = await fetch(url.origin === new URL(MCP).origin ? new URL(url.pathname, app.url) : url, init);
    if (response.status === 403) challenges.push(response.headers.get('www-authenticate'));
    return response;
  };
  const transportFor = (user: SignsIn) =>
    new StreamableHTTPClientTransport(new URL(MCP), { authProvider: user, fetch: named });

  async function signedIn(user: SignsIn, era: Era) {
    const client = () =>
      new Client(
        { name: 'host', version: '1.0.0' },
        era === '2026-07-28' ? { versionNegotiation: { mode: { pin: era } } } : {},
      );
    const first = transportFor(user);
    await expect(client().connect(first)).rejects.toThrow(UnauthorizedError);
    await first.finishAuth(user.callback!);
    const [connected, transport] = [client(), transportFor(user)];
    await connected.connect(transport);
    return { client: connected, transport };
  }

  it.each(ERAS)(
    'finds the authorization server by itself, is told every scope of the operation, and gets it by signing in once more (%s)',
    async era => {
      const alice = new SignsIn({ username: 'alice', password: 'correct horse' });
      const { client, transport } = await signedIn(alice, era);
      expect((await callTool(client, 'read')).json).toEqual(['orders:read']);

      await expect(callTool(client, 'write')).rejects.toThrow(UnauthorizedError);
      expect(challenges).toEqual([expect.stringContaining('error="insufficient_scope"')]);
      expect(challenges[0]).toContain('scope="orders:write orders:read"');
      expect(alice.asked.map(scope => scope?.split(' ').sort())).toEqual([
        ['orders:read'],
        ['orders:read', 'orders:write'],
      ]);

      await transport.finishAuth(alice.callback!);
      expect((await callTool(client, 'write')).json).toEqual({
        sub: 'alice',
        scopes: expect.arrayContaining(['orders:read', 'orders:write']),
      });
      const records = app.auditLog.events.filter(event => event.handler === 'write');
      expect(records.map(({ type, reason, outcome }) => [type, reason, outcome])).toEqual([
        ['authorization.refused', 'insufficient_scope', 'refused'],
        ['execution.intent', null, 'started'],
        ['execution.outcome', null, 'ok'],
      ]);
      for (const record of records)
        expect(record).toMatchObject({
          actor_sub: 'alice',
          tenant: 'acme',
          agent_id: 'agent-assistant',
          client_id: 'assistant',
        });
      await client.close();
    },
  );
});
