import { SpanKind, SpanStatusCode } from '@opentelemetry/api';
import { IsString } from 'class-validator';
import {
  Delegated,
  type DelegatedFetch,
  type ExecutionIdentityEnvelope,
  Identity,
  RequireScopes,
  type TargetOptions,
  RevocationStore,
} from 'nestjs-eie';
import { Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { callTool, connect, startMcpApp, type TestApp } from '../../support/app.js';
import { type Loopback, startLoopback } from '../../support/loopback.js';
import { type LyingIssuer, startLyingIssuer } from '../../support/lying-issuer.js';
import { OpenTokenStore } from '../../support/open-token-store.js';
import { soundAnswers } from '../../support/sound-answers.js';
import { startTelemetry, type Telemetry } from '../../support/telemetry.js';
import { until } from '../../support/until.js';
import { MCP, ORDERS, SERVER_CLIENT, type World } from '../../support/world.js';

const INPUT = 'what-the-model-wrote';
const ERROR = 'what-went-wrong-with-card-4711';
const KEY = 'a-pseudonym-key-of-32-characters-';

class Query {
  @IsString()
  text: string;
}

@ToolController()
@RequireScopes('orders:read')
class Tools {
  @Tool({ name: 'get_order' })
  async read(@ToolInput() _query: Query, @Delegated('orders') orders: DelegatedFetch) {
    return `the output: ${(await orders('/')).status}`;
  }

  @Tool({ name: 'fail' })
  fail() {
    throw new Error(ERROR);
  }

  @Tool({ name: 'write' })
  @RequireScopes('orders:write')
  write(@Identity() _identity: ExecutionIdentityEnvelope) {}
}

describe('spans and metrics', () => {
  let telemetry: Telemetry;
  let issuer: LyingIssuer;
  let api: Loopback;
  let apps: TestApp[];

  beforeAll(async () => {
    telemetry = startTelemetry();
    issuer = await startLyingIssuer();
    issuer.answer = soundAnswers(issuer);
    api = await startLoopback();
    apps = [];
  });
  afterAll(async () => {
    for (const app of apps) await app.close();
    await Promise.all([issuer.close(), api.close(), telemetry.stop()]);
  });
  beforeEach(() => telemetry.reset());

  const orders = (): TargetOptions => ({
    mode: 'on_behalf_of',
    baseUrl: api.url,
    issuer: issuer.issuerOptions.issuer,
    resource: ORDERS,
    scopes: ['orders:read'],
  });

  async function called(endUser?: 'none' | { pseudonymKey: string }, claims: object = {}) {
    const app = await startMcpApp({ issuerOptions: () => issuer.issuerOptions } as World, {
      providers: [Tools],
      options: { targets: { orders: orders() }, ports: endUser ? { telemetry: { endUser } } : {} },
    });
    apps.push(app);
    const token = await issuer.sign({ aud: MCP, scope: 'orders:read', ...claims });
    const client = await connect(app.url, token);
    for (const name of ['get_order', 'fail']) await callTool(client, name, name === 'fail' ? {} : { text: INPUT });
    await callTool(client, 'write').catch(() => undefined);
    await client.close();
    return { app, token };
  }
  const span = (name: string) => telemetry.spans().find(one => one.name === name)!;

  it('name the tool, the user and the agent in the words of the conventions, and find the record of the audit log', async () => {
    const { app } = await called();
    const tool = span('tools/call get_order');
    expect(tool.kind).toBe(SpanKind.SERVER);
    expect(tool.attributes).toEqual({
      'mcp.method.name': 'tools/call',
      'gen_ai.operation.name': 'execute_tool',
      'gen_ai.tool.name': 'get_order',
      'code.function.name': 'Tools.read',
      'enduser.id': 'alice',
      'gen_ai.agent.id': 'desk-copilot',
      'eie.envelope.id': app.auditLog.events.find(({ handler }) => handler === 'get_order')!.envelope_id,
      'eie.outcome': 'ok',
    });
    expect(span('delegate orders')).toMatchObject({
      kind: SpanKind.CLIENT,
      attributes: { 'eie.delegation.target': 'orders', 'eie.delegation.mode': 'on_behalf_of', 'eie.outcome': 'ok' },
    });
    expect(span('exchange orders').attributes).toMatchObject({ 'eie.issuer': issuer.issuerOptions.issuer });
  });

  it('say by a reason alone that something failed', async () => {
    await called();
    expect(span('tools/call fail')).toMatchObject({
      status: { code: SpanStatusCode.ERROR },
      attributes: { 'eie.outcome': 'failed', 'error.type': 'error' },
      events: [],
    });
    expect(span('tools/call fail').status.message).toBeUndefined();
  });

  it('hold no token, no input, no output and no message of an error', async () => {
    const { token } = await called();
    const written = JSON.stringify(
      telemetry.spans().map(({ name, attributes, events, status, links }) => [name, attributes, events, status, links]),
    );
    for (const secret of [...token.split('.'), INPUT, 'the output', ERROR, SERVER_CLIENT, KEY])
      expect(written).not.toContain(secret);
    expect(written).toContain('alice');
  });

  it('name the user by a pseudonym that needs the key, or not at all, where that is configured', async () => {
    const names = async (...setup: Parameters<typeof called>) => {
      telemetry.reset();
      await called(...setup);
      const { attributes } = span('tools/call get_order');
      return [attributes['enduser.id'], attributes['enduser.pseudo.id']];
    };
    const [alice] = [(await names({ pseudonymKey: KEY }))[1]];
    expect(alice).toMatch(/^[\w-]{43}$/);
    expect(await names({ pseudonymKey: KEY })).toEqual([undefined, alice]);
    expect((await names({ pseudonymKey: KEY }, { sub: 'bob' }))[1]).not.toBe(alice);
    expect((await names({ pseudonymKey: `${KEY}other` }))[1]).not.toBe(alice);
    expect(await names('none')).toEqual([undefined, undefined]);
  });

  it('name no user where a service acts: its subject is a client', async () => {
    const app = await startMcpApp(
      {
        issuerOptions: () => ({
          ...issuer.issuerOptions,
          actorType: { ...issuer.issuerOptions.actorType, service: { claim: 'sub_profile', values: ['service'] } },
        }),
      } as World,
      { providers: [Tools], options: { targets: { orders: orders() } } },
    );
    apps.push(app);
    const token = await issuer.sign({ aud: MCP, scope: 'orders:read', sub: 'desk-copilot', sub_profile: 'service' });
    const client = await connect(app.url, token);
    await callTool(client, 'fail');
    await client.close();
    expect(Object.keys(span('tools/call fail').attributes).filter(name => name.startsWith('enduser'))).toEqual([]);
  });

  it('count refusals by their reason, and measure how long executions take, in seconds', async () => {
    const { app } = await called();
    await fetch(`${app.url}/mcp`, { method: 'POST', headers: { authorization: 'Bearer x.y.z' } });
    const refusals = (await telemetry.points('eie.refusals')).map(({ attributes }) => attributes);
    expect(refusals).toEqual(
      expect.arrayContaining([
        { 'eie.refusal.reason': 'insufficient_scope', 'eie.record.type': 'authorization.refused' },
        expect.objectContaining({ 'eie.record.type': 'admission.refused' }),
      ]),
    );
    const tools = (await telemetry.points('eie.execution.duration')).filter(
      ({ attributes }) => attributes['gen_ai.tool.name'] === 'get_order',
    );
    expect(tools).toHaveLength(1);
    expect(tools[0]).toMatchObject({ attributes: { 'eie.outcome': 'ok', 'mcp.method.name': 'tools/call' } });
    expect(tools[0]!.value.max).toBeLessThan(30);
  });

  it('measure how long a store that instances share takes to answer, and by a code why it did not', async () => {
    let isAway = false;
    class FarRevocationStore extends RevocationStore {
      add = async (): Promise<void> => undefined;
      subscribe = async () => async (): Promise<void> => undefined;
      async isRevoked(): Promise<boolean> {
        if (isAway) throw Object.assign(new Error(ERROR), { code: 'ECONNREFUSED' });
        return false;
      }
    }
    const app = await startMcpApp({ issuerOptions: () => issuer.issuerOptions } as World, {
      providers: [Tools],
      options: { targets: { orders: orders() }, ports: { revocation: new FarRevocationStore() } },
    });
    apps.push(app);
    const authorization = `Bearer ${await issuer.sign({ aud: MCP })}`;
    await fetch(`${app.url}/mcp`, { method: 'POST', headers: { authorization } });
    isAway = true;
    await fetch(`${app.url}/mcp`, { method: 'POST', headers: { authorization } });
    const of = { 'eie.store.name': 'revocation', 'eie.store.operation': 'isRevoked' };
    const points = (await telemetry.points('eie.store.duration')).map(({ attributes }) => attributes);
    expect(points).toEqual([of, { ...of, 'error.type': 'ECONNREFUSED' }]);
  });

  it('measure how long the store of delegated tokens takes', async () => {
    const store = new OpenTokenStore();
    const app = await startMcpApp({ issuerOptions: () => issuer.issuerOptions } as World, {
      providers: [Tools],
      options: {
        targets: { orders: orders() },
        ports: { delegatedTokens: { store, secrets: ['s'.repeat(32)] } },
      },
    });
    apps.push(app);
    const client = await connect(app.url, await issuer.sign({ aud: MCP, scope: 'orders:read' }));
    await callTool(client, 'get_order', { text: INPUT });
    await client.close();
    await until(() => store.sealed.size > 0);
    const names = (await telemetry.points('eie.store.duration')).map(({ attributes }) => attributes);
    expect(names).toEqual(
      expect.arrayContaining(
        ['get', 'set'].map(operation => ({
          'eie.store.name': 'delegatedTokens',
          'eie.store.operation': operation,
        })),
      ),
    );
  });

  it.each([{ pseudonymKey: 'too short' }, {}, 'client', { pseudonymKey: KEY, other: 1 }])(
    'refuse to boot with a user named by %j',
    async endUser => {
      const ports = { telemetry: { endUser: endUser as never } };
      const world = { issuerOptions: () => issuer.issuerOptions } as World;
      await expect(startMcpApp(world, { options: { ports } })).rejects.toThrow(
        'endUser must be "subject", "none" or { pseudonymKey } with 32 characters or more',
      );
    },
  );
});
