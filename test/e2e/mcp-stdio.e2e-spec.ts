import { type OnApplicationShutdown } from '@nestjs/common';
import { Client } from '@modelcontextprotocol/client';
import { inputRequired, InMemoryTransport } from '@modelcontextprotocol/server';
import { IsInt } from 'class-validator';
import { decodeJwt } from 'jose';
import {
  Authenticated,
  Delegated,
  type DelegatedFetch,
  type ExecutionIdentityEnvelope,
  Identity,
  IdentityRevocation,
  RequireApproval,
  RequireScopes,
} from 'nestjs-eie';
import {
  EieMcpModule,
  Prompt,
  Resource,
  serveStdio,
  type StdioIdentityOptions,
  Tool,
  ToolCall,
  ToolController,
  ToolInput,
} from 'nestjs-eie/mcp';
import { callTool, type Era, ERAS, startApp, type TestApp } from '../support/app.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { billingTarget, ordersTarget } from '../support/orders.js';
import { startWorld, type World } from '../support/world.js';

const ISSUER = 'https://login.shop.test';
const IDENTITY: StdioIdentityOptions = {
  issuer: ISSUER,
  sub: 'alice',
  type: 'user',
  tenant: 'acme',
  clientId: 'desk',
  agent: 'agent-desk',
  scopes: ['orders:read', 'billing:read'],
  roles: ['clerk'],
};
const ASK = {
  confirm: inputRequired.elicit({
    message: 'Really?',
    requestedSchema: { type: 'object', properties: { ok: { type: 'boolean' } } },
  }),
};

let ran: string[];
let shutDown: () => void = () => undefined;

class Amount {
  @IsInt()
  amount: number;
}

@ToolController()
@Authenticated()
class Tools implements OnApplicationShutdown {
  onApplicationShutdown() {
    shutDown();
  }

  @Tool({ name: 'whoami' })
  whoami(@Identity() { actor, agent, authorization, meta }: ExecutionIdentityEnvelope) {
    return { actor, agent, authorization, envelope: meta.id, lifetime: meta.expires_at - meta.created_at };
  }

  @Tool({ name: 'pay' })
  @RequireScopes('orders:read')
  pay(@ToolInput() { amount }: Amount) {
    ran.push('pay');
    return amount;
  }

  @Tool({ name: 'write' })
  @RequireScopes('orders:write')
  write() {
    ran.push('write');
  }

  @Tool({ name: 'confirm' })
  confirm(@ToolCall() call: ToolCall) {
    ran.push('confirm');
    return call.state() === undefined ? call.requestInput(ASK, 'asked') : 'confirmed';
  }

  @Tool({ name: 'refund' })
  @RequireApproval({ reason: 'A refund cannot be taken back', show: ['amount'] })
  refund(@ToolInput() { amount }: Amount) {
    return amount;
  }

  @Tool({ name: 'can' })
  can(@ToolCall() { clientCapabilities }: ToolCall) {
    return Object.keys(clientCapabilities);
  }

  @Tool({ name: 'balance' })
  async balance(@Delegated('billing_api') billing: DelegatedFetch) {
    return (await billing('/balance')).status;
  }

  @Tool({ name: 'orders' })
  async orders(@Delegated('orders_api') orders: DelegatedFetch) {
    return (await orders('/orders')).status;
  }

  @Resource({ uri: 'shop://ledger', name: 'ledger' })
  @RequireScopes('ledger:read')
  ledger() {
    ran.push('ledger');
  }

  @Prompt({ name: 'audit' })
  @RequireScopes('ledger:read')
  audit() {
    ran.push('audit');
  }
}

describe.each(ERAS)('a client of %s on stdio', era => {
  let world: World;
  let api: Loopback;
  let app: TestApp;
  let client: Client;

  beforeAll(async () => {
    world = await startWorld();
    api = await startLoopback();
  });
  afterAll(async () => {
    await api?.close();
    await world?.close();
  });
  beforeEach(async () => {
    ran = [];
    const targets = { billing_api: billingTarget(world, api.url), orders_api: ordersTarget(world, api.url) };
    app = await startApp(world, {
      providers: [Tools],
      imports: [EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0', stdio: { identity: IDENTITY } })],
      options: { targets },
    });
    client = await connect(app, era);
    app.auditLog.events.length = 0;
  });
  afterEach(async () => {
    await client?.close();
    await app?.close();
  });

  it('acts for the configured identity, as one that nobody verified, in an envelope for each call', async () => {
    const first = (await callTool(client, 'whoami')).json;
    expect(first).toEqual({
      actor: { type: 'user', issuer: ISSUER, sub: 'alice', tenant: 'acme' },
      agent: {
        type: 'mcp_agent',
        issuer: ISSUER,
        id: 'agent-desk',
        client_id: 'desk',
        source: 'configuration',
        chain: [{ issuer: ISSUER, sub: 'agent-desk' }],
        registered: true,
      },
      authorization: { scopes: IDENTITY.scopes, roles: ['clerk'], confidence: 'configured' },
      envelope: expect.any(String),
      lifetime: 300,
    });
    expect((await callTool(client, 'whoami')).json.envelope).not.toBe(first.envelope);
  });

  it('leaves an intent and an outcome, with the trace of the message', async () => {
    await client.callTool({ name: 'whoami', _meta: { traceparent: `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01` } });
    const recorded = {
      handler: 'whoami',
      actor_issuer: ISSUER,
      actor_sub: 'alice',
      tenant: 'acme',
      agent_id: 'agent-desk',
      client_id: 'desk',
      trace_id: 'a'.repeat(32),
    };
    expect(app.auditLog.events).toEqual([
      expect.objectContaining({ ...recorded, type: 'execution.intent' }),
      expect.objectContaining({ ...recorded, type: 'execution.outcome', outcome: 'ok' }),
    ]);
  });

  it('is shown what the configured scopes allow', async () => {
    expect((await client.listTools()).tools.map(({ name }) => name)).toEqual([
      'whoami',
      'pay',
      'confirm',
      'refund',
      'can',
      'balance',
      'orders',
    ]);
    expect((await client.listResources()).resources).toEqual([]);
  });

  it.each<[what: string, use: () => Promise<unknown>, tool: string]>([
    [
      'a tool',
      async () =>
        expect(await client.callTool({ name: 'write' })).toMatchObject({
          isError: true,
          structuredContent: { code: 'insufficient_scope' },
        }),
      'write',
    ],
    [
      'a resource',
      async () =>
        expect(await client.readResource({ uri: 'shop://ledger' }).catch((error: unknown) => error)).toMatchObject({
          data: { code: 'insufficient_scope' },
        }),
      'resource:ledger',
    ],
    [
      'a prompt',
      async () =>
        expect(await client.getPrompt({ name: 'audit' }).catch((error: unknown) => error)).toMatchObject({
          data: { code: 'insufficient_scope' },
        }),
      'prompt:audit',
    ],
  ])('without its scope gets %s refused with a code and no challenge, and nothing runs', async (_what, use, tool) => {
    await use();
    expect(ran).toEqual([]);
    expect(app.auditLog.events).toEqual([
      expect.objectContaining({
        type: 'authorization.refused',
        reason: 'insufficient_scope',
        handler: tool,
        actor_sub: 'alice',
      }),
    ]);
  });

  it('gets no challenge, which only HTTP could answer', async () => {
    expect(JSON.stringify(await client.callTool({ name: 'write' }))).not.toContain('resource_metadata');
  });

  it('gets input that does not fit refused, with one record', async () => {
    expect(await callTool(client, 'pay', { amount: 'much' })).toMatchObject({ isError: true, code: 'input_invalid' });
    expect(app.auditLog.types()).toEqual(['input.refused']);
    expect(ran).toEqual([]);
  });

  it('gets a message that is too deep refused before anybody reads it, with one record', async () => {
    let deep: unknown = 1;
    for (let i = 0; i < 100; i++) deep = { deep };
    await expect(client.callTool({ name: 'pay', arguments: { deep } })).rejects.toThrow('too deep');
    expect(app.auditLog.events).toEqual([
      expect.objectContaining({ type: 'input.refused', reason: 'input_invalid', actor_sub: 'alice', handler: null }),
    ]);
  });

  it('runs nothing when the audit log cannot be written', async () => {
    app.auditLog.broken = true;
    expect(await callTool(client, 'pay', { amount: 1 })).toMatchObject({ isError: true });
    expect(ran).toEqual([]);
  });

  it('is refused from the moment the identity is revoked, however long the process runs', async () => {
    await app.app.get(IdentityRevocation).purge({ issuer: ISSUER, sub: 'alice' });
    expect(await callTool(client, 'pay', { amount: 1 })).toMatchObject({ isError: true });
    expect(ran).toEqual([]);
    expect(app.auditLog.last('authorization.refused')).toMatchObject({
      reason: 'identity_revoked',
      handler: 'pay',
      actor_sub: 'alice',
    });
  });

  it('can be asked in the middle of a tool, whose second round is an execution of its own', async () => {
    expect((await callTool(client, 'confirm')).text).toBe('confirmed');
    expect(app.auditLog.types()).toEqual([
      'execution.intent',
      'execution.outcome',
      'execution.intent',
      'execution.outcome',
    ]);
    expect(new Set(app.auditLog.events.map(event => event.envelope_id)).size).toBe(2);
  });

  it('is asked to approve a call, since it says that its user can be asked', async () => {
    expect((await callTool(client, 'can')).json).toEqual(['elicitation']);
    app.auditLog.events.length = 0;
    expect((await callTool(client, 'refund', { amount: 7 })).text).toBe('7');
    expect(app.auditLog.types()).toEqual([
      'approval.requested',
      'approval.decided',
      'execution.intent',
      'execution.outcome',
    ]);
  });

  it('takes the application with it when it goes away', async () => {
    const over = new Promise<void>(resolve => (shutDown = resolve));
    await client.close();
    await over;
  });

  it('reaches APIs as this server, with the envelope that says who configured it, and none as the user, who gave no token', async () => {
    expect((await callTool(client, 'balance')).text).toBe('200');
    expect(decodeJwt(String(api.requests.at(-1)!.headers['txn-token']))).toMatchObject({
      sub: 'alice',
      tenant: 'acme',
      tctx: { eie: { confidence: 'configured' } },
    });
    const before = api.requests.length;
    expect(await callTool(client, 'orders')).toMatchObject({ isError: true, code: 'delegation_token_missing' });
    expect(api.requests).toHaveLength(before);
  });
});

async function connect(app: TestApp, era: Era): Promise<Client> {
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  await serveStdio(app.app, ours);
  const client = new Client(
    { name: 'local', version: '1.0.0' },
    { capabilities: { elicitation: {} }, ...(era === '2026-07-28' && { versionNegotiation: { mode: { pin: era } } }) },
  );
  client.setRequestHandler('elicitation/create', () => ({
    action: 'accept' as const,
    content: { ok: true, approve: true },
  }));
  await client.connect(theirs);
  expect(client.getNegotiatedProtocolVersion()).toBe(era);
  return client;
}
