import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { inputRequired, UrlElicitationRequiredError } from '@modelcontextprotocol/server';
import { IdentityRevocation, Identity, RequireScopes } from 'nestjs-eie';
import { EieMcpModule, Tool, ToolCall, ToolController } from 'nestjs-eie/mcp';
import { type Adapter, ADAPTERS, callTool, type Era, ERAS, startApp, type TestApp } from '../support/app.js';
import { until } from '../support/until.js';
import { startWorld, type World } from '../support/world.js';

const ASK = {
  confirm: inputRequired.elicit({
    message: 'Close the account?',
    requestedSchema: { type: 'object', properties: { ok: { type: 'boolean' } } },
  }),
};

const PAGE = {
  mode: 'url' as const,
  message: 'Connect your bank',
  url: 'https://shop.test/bank',
  elicitationId: 'b-1',
};

let rounds: string[];

@ToolController()
class Tools {
  @Tool({ name: 'close_account' })
  @RequireScopes('orders:write')
  async close(@ToolCall() call: ToolCall, @Identity('actor.sub') sub: string) {
    const remembered = call.state<{ account: string }>();
    rounds.push(remembered ? 'closed' : 'asked');
    return remembered
      ? { closed: remembered.account, sub, answer: call.inputResponses.confirm }
      : call.requestInput(ASK, { account: 'a-1' });
  }

  @Tool({ name: 'connect_bank' })
  @RequireScopes('orders:write')
  connectBank(): never {
    throw new UrlElicitationRequiredError([PAGE]);
  }
}

describe.each(ADAPTERS)('a question to the user in the middle of a tool, on %s,', adapter => {
  let world: World;
  let app: TestApp;
  let now: number;

  beforeAll(async () => void (world = await startWorld()));
  afterAll(() => world?.close());
  beforeEach(() => {
    now = Date.now();
    rounds = [];
  });
  afterEach(() => app?.close());

  const start = async (sessions: boolean, on: Adapter = adapter) => {
    const imports = [EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0', sessions })];
    app = await startApp(world, { adapter: on, providers: [Tools], imports, options: { ports: { clock: () => now } } });
  };
  const token = () => world.userToken({ scope: 'orders:write', issuedAt: Math.floor(now / 1000) - 1 });

  /** A client whose user is asked; each of its requests brings the newest token. */
  async function connect(era: Era, answer: () => Promise<void> | void): Promise<Client> {
    const capabilities = { capabilities: { elicitation: {} } };
    const client = new Client(
      { name: 'asks', version: '1.0.0' },
      { ...capabilities, ...(era === '2026-07-28' && { versionNegotiation: { mode: 'auto' as const } }) },
    );
    client.setRequestHandler('elicitation/create', async () => {
      await answer();
      return { action: 'accept' as const, content: { ok: true } };
    });
    const withToken: typeof fetch = (input, init) => {
      const headers = new Headers(init?.headers);
      headers.set('authorization', `Bearer ${token()}`);
      return fetch(input, { ...init, headers });
    };
    await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', app.url), { fetch: withToken }));
    return client;
  }

  it.each(ERAS)('reaches a client of %s, and its answer comes back to the tool', async era => {
    await start(true);
    const client = await connect(era, () => undefined);
    expect((await callTool(client, 'close_account')).json).toEqual({
      closed: 'a-1',
      sub: 'alice',
      answer: { action: 'accept', content: { ok: true } },
    });
    expect(rounds).toEqual(['asked', 'closed']);
    await client.close();
  });

  it.each(ERAS)('is on the audit log as two executions, each with its own envelope, for a client of %s', async era => {
    await start(true);
    const client = await connect(era, () => undefined);
    await callTool(client, 'close_account');
    expect(app.auditLog.decisions.map(({ type }) => type)).toEqual([
      'execution.intent',
      'execution.outcome',
      'execution.intent',
      'execution.outcome',
    ]);
    expect(new Set(app.auditLog.decisions.map(event => event.envelope_id)).size).toBe(2);
    await client.close();
  });

  it.each<[what: string, meanwhile: () => Promise<void>, reason: string]>([
    [
      'revoked',
      () =>
        app.app
          .get(IdentityRevocation)
          .purge({ issuer: world.issuer, sub: 'alice' })
          .then(() => void (now += 5_000)),
      'session_unknown',
    ],
    ['over', () => Promise.resolve(void (now += 400_000)), 'identity_expired'],
  ])(
    'leads to nothing when the identity is %s before the user answers, although the answer brings a newer token',
    async (_what, meanwhile, reason) => {
      await start(true);
      const client = await connect('2025-11-25', meanwhile);
      // A revocation ends the stream of the call as well: then there is nothing to answer on.
      const answer = callTool(client, 'close_account').catch(() => undefined);
      // A revocation ends the session too, and an expired identity is refused when the answer has come.
      await until(() => app.auditLog.events.some(event => event.reason === reason));
      expect(app.auditLog.events.find(event => event.reason === reason)).toMatchObject({ actor_sub: 'alice' });
      expect(rounds).toEqual(['asked']);
      await client.close();
      await answer;
    },
  );

  it('is not waited for by an application that is closed: the client is told so, and the tool is not run again', async () => {
    await start(true);
    let asked!: () => void;
    const isAsked = new Promise<void>(resolve => (asked = resolve));
    const client = await connect('2025-11-25', () => {
      asked();
      return new Promise<void>(() => undefined);
    });
    const answer = callTool(client, 'close_account').catch((error: unknown) => error);
    await isAsked;
    const closed = app.close();
    expect(JSON.stringify(await answer, ['message', 'text', 'isError'])).toContain('The server is being stopped');
    await client.close();
    await closed;
    expect(rounds).toEqual(['asked']);
    expect(app.auditLog.last('execution.outcome').outcome).toBe('ok');
  });

  it('reaches no client of the 2025 era without a session, which is told so', async () => {
    await start(false);
    const client = await connect('2025-11-25', () => undefined);
    expect(await callTool(client, 'close_account')).toMatchObject({
      isError: true,
      text: expect.stringContaining('elicitation'),
    });
    expect(rounds).toEqual(['asked']);
    await client.close();
  });

  it('can be a page to which a client of the 2025 era is sent without a session', async () => {
    await start(false);
    const client = await connect('2025-11-25', () => undefined);
    await expect(client.callTool({ name: 'connect_bank', arguments: {} })).rejects.toMatchObject({
      code: -32_042,
      data: { elicitations: [PAGE] },
    });
    expect(app.auditLog.last('execution.outcome')).toMatchObject({ outcome: 'failed', actor_sub: 'alice' });
    await client.close();
  });
});
