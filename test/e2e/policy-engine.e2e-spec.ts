import { Controller, Get } from '@nestjs/common';
import { type Diagnostic } from 'execution-identity';
import { IsDefined, IsInt, IsOptional, IsString } from 'class-validator';
import { Transform } from 'class-transformer';
import {
  Authenticated,
  DataSubject,
  AuthZenPolicyEngine,
  CachedPolicyEngine,
  DelegatesTo,
  type EieOptions,
  RequireScopes,
} from 'nestjs-eie';
import { CedarPolicyEngine } from 'nestjs-eie-cedar';
import { Prompt, Resource, Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { ADAPTERS, callTool, connect, ERAS, startMcpApp, type TestApp } from '../support/app.js';
import { type DecisionPoint, startDecisionPoint } from '../support/policy-decision-point.js';
import { MCP, ORDERS, startWorld, type World } from '../support/world.js';

class RefundInput {
  @IsInt() amount: number;
  @IsOptional() @IsString() @Transform(({ value }) => String(value).trim()) currency?: string;
  @IsOptional() @IsString() note?: string;
}

class CountInput {
  @DataSubject({ reason: 'A number that has no form in JSON.', freeForm: true })
  @IsDefined()
  @Transform(({ value }) => BigInt(value as number))
  count: bigint;
}

class TagsInput {
  @DataSubject({ reason: 'Words of an order.', freeForm: true })
  @IsDefined()
  @Transform(({ value }) => new Set(value as string[]))
  tags: Set<string>;
}

const ran: string[] = [];

@ToolController()
class OrderTools {
  @Tool({ name: 'status' })
  @RequireScopes('orders:read')
  @DelegatesTo('orders_api')
  status() {
    ran.push('status');
  }

  @Tool({ name: 'cancel' })
  @RequireScopes('orders:read')
  cancel() {
    ran.push('cancel');
  }

  @Tool({ name: 'purge' })
  @RequireScopes('orders:write')
  purge() {
    ran.push('purge');
  }

  @Tool({ name: 'refund', policyArguments: ['amount', 'currency'] })
  @RequireScopes('orders:read')
  refund(@ToolInput() input: RefundInput) {
    ran.push(`refund ${input.amount}`);
  }

  @Tool({ name: 'count', policyArguments: ['count'] })
  @Authenticated()
  count(@ToolInput() input: CountInput) {
    ran.push(`count ${input.count}`);
  }

  @Tool({ name: 'tag', policyArguments: ['tags'] })
  @Authenticated()
  tag(@ToolInput() input: TagsInput) {
    ran.push(`tag ${[...input.tags].join()}`);
  }

  @Resource({ uri: 'shop://open', name: 'open' }) @Authenticated() open() {
    return 'open';
  }
  @Prompt({ name: 'greet' }) @Authenticated() greet() {
    return 'hello';
  }
}

@Controller('me')
class MeController {
  @Get() @Authenticated() me() {
    ran.push('me');
    return 'me';
  }
}

describe.each(ADAPTERS)('an application whose policy is decided by an AuthZEN decision point, on %s', adapter => {
  let world: World;
  let point: DecisionPoint;
  let app: TestApp;
  let told: Diagnostic[];
  const options = (engine: NonNullable<EieOptions['ports']>['policy']): Partial<EieOptions> => ({
    ports: { policy: engine!, diagnostics: { report: one => void told.push(one) } },
    targets: {
      orders_api: {
        mode: 'on_behalf_of',
        baseUrl: ORDERS,
        issuer: world.issuer,
        resource: ORDERS,
        scopes: ['orders:read'],
      },
    },
  });
  const start = (engine: NonNullable<EieOptions['ports']>['policy']) =>
    startMcpApp(world, { adapter, providers: [OrderTools], controllers: [MeController], options: options(engine) });

  beforeAll(async () => {
    told = [];
    world = await startWorld();
    point = await startDecisionPoint(undefined, { authorization: 'Bearer of the server' });
    const headers = () => ({ authorization: 'Bearer of the server' });
    app = await start(new AuthZenPolicyEngine({ url: point.url, headers }));
  });
  beforeEach(() => {
    [point.questions, told] = [[], []];
    point.answer = undefined;
    point.decide = () => true;
    [point.requests, ran, app.auditLog.events].forEach(list => list.splice(0));
  });
  afterAll(async () => {
    await app?.close();
    await point?.close();
    await world?.close();
  });

  const token = (scope = 'orders:read'): string => world.userToken({ scope, clientId: 'assistant' });
  const errors = (): string[] => told.filter(({ level }) => level === 'error').map(({ message }) => message);
  const tools = async (at = app): Promise<string[]> => {
    const client = await connect(at.url, token());
    try {
      return (await client.listTools()).tools.map(({ name }) => name);
    } finally {
      await client.close();
    }
  };

  it.each(ERAS)('refuses the tool that it denies to a client of %s, and records that', async era => {
    point.decide = ({ action }) => action.name !== 'cancel';
    const client = await connect(app.url, token(), era);
    expect(await callTool(client, 'status')).toMatchObject({ isError: false });
    expect(await callTool(client, 'cancel')).toMatchObject({ isError: true, code: 'policy_denied' });
    await client.close();
    expect(ran).toEqual(['status']);
    expect(app.auditLog.last('authorization.refused')).toMatchObject({
      handler: 'cancel',
      reason: 'policy_denied',
      outcome: 'refused',
      actor_sub: 'alice',
      agent_id: 'agent-assistant',
    });
    expect(errors()).toEqual([]);
  });

  it('asks about the verified identity, the tool, its targets and the trace, and sends no token', async () => {
    const client = await connect(app.url, token());
    await callTool(client, 'status');
    await client.close();
    expect(point.questions.at(-1)).toEqual({
      subject: { type: 'user', id: 'alice', properties: { issuer: world.issuer, tenant: 'acme', roles: [] } },
      action: { name: 'status' },
      resource: { type: 'server', id: MCP },
      context: {
        agent: expect.objectContaining({
          id: 'agent-assistant',
          client_id: 'assistant',
          issuer: world.issuer,
          registered: false,
        }),
        tenant: 'acme',
        scopes: ['orders:read'],
        targets: [{ name: 'orders_api', mode: 'on_behalf_of' }],
        acr: expect.any(String),
        auth_time: expect.any(Number),
        trace_id: expect.stringMatching(/^[0-9a-f]{32}$/),
      },
    });
    const { headers } = point.requests.at(-1)!;
    expect(headers).toMatchObject({ authorization: 'Bearer of the server', 'x-request-id': expect.any(String) });
    expect(JSON.stringify([point.questions, point.requests])).not.toContain('eyJ');
  });

  it('lists what it allows, by one request, and does not ask about what the scopes refuse', async () => {
    point.decide = ({ action }) => action.name !== 'cancel';
    expect(await tools()).toEqual(['status', 'refund', 'count', 'tag']);
    expect(point.requests.map(({ url }) => url)).toEqual(['/access/v1/evaluations']);
    expect(point.questions.map(({ action }) => action.name)).toEqual(['status', 'cancel', 'refund', 'count', 'tag']);
    expect(point.questions.filter(({ context }) => 'trace_id' in context || 'arguments' in context)).toEqual([]);
  });

  it('never asks about a call that lacks a scope: its client learns which', async () => {
    const client = await connect(app.url, token());
    await expect(callTool(client, 'purge')).rejects.toThrow(/scope/i);
    await client.close();
    expect([point.questions, ran]).toEqual([[], []]);
  });

  it('shows the policy the arguments that the tool names, as the tool gets them, once they are valid', async () => {
    point.decide = ({ context }) => (context.arguments as { amount: number }).amount <= 100;
    const client = await connect(app.url, token());
    expect(await callTool(client, 'refund', { amount: 50, currency: ' EUR ', note: 'private' })).toMatchObject({
      isError: false,
    });
    expect(await callTool(client, 'refund', { amount: 500 })).toMatchObject({ isError: true, code: 'policy_denied' });
    expect(await callTool(client, 'refund', { amount: 'all' })).toMatchObject({ isError: true, code: 'input_invalid' });
    await client.close();
    expect(point.questions.map(({ context }) => context.arguments)).toEqual([
      { amount: 50, currency: 'EUR' },
      { amount: 500 },
    ]);
    expect(ran).toEqual(['refund 50']);
    expect(app.auditLog.decisions.filter(({ outcome }) => outcome === 'refused')).toMatchObject([
      { type: 'authorization.refused', handler: 'refund', reason: 'policy_denied', actor_sub: 'alice' },
      { type: 'input.refused', handler: 'refund', reason: 'input_invalid' },
    ]);
  });

  it.each([
    ['count', { count: 7 }],
    ['tag', { tags: ['a', 'b'] }],
  ])('denies a call whose arguments cannot be shown as the tool gets them: %s', async (tool, args) => {
    const client = await connect(app.url, token());
    expect(await callTool(client, tool, args)).toMatchObject({ isError: true, code: 'policy_denied' });
    await client.close();
    expect([point.questions, ran]).toEqual([[], []]);
    expect(errors()).toEqual([
      expect.stringMatching(
        `^The arguments of "${tool}" that its policy sees are no plain JSON .* the call is denied.`,
      ),
    ]);
    expect(app.auditLog.last('authorization.refused')).toMatchObject({ handler: tool, reason: 'policy_denied' });
  });

  it('decides HTTP handlers, resources and prompts too', async () => {
    point.decide = () => false;
    const answer = await fetch(new URL('/me', app.url), { headers: { authorization: `Bearer ${token()}` } });
    expect(answer.status).toBe(403);
    const client = await connect(app.url, token());
    await expect(client.readResource({ uri: 'shop://open' })).rejects.toThrow();
    await expect(client.getPrompt({ name: 'greet' })).rejects.toThrow();
    expect((await client.listResources()).resources).toEqual([]);
    expect((await client.listPrompts()).prompts).toEqual([]);
    await client.close();
    const asked = new Set(point.questions.map(({ action }) => action.name));
    expect([...asked].sort()).toEqual(['MeController.me', 'prompt:greet', 'resource:open'].sort());
    expect(ran).toEqual([]);
  });

  it('refuses everything while the decision point is away, shows nothing, and says so to the operator', async () => {
    const gone = await startDecisionPoint();
    await gone.close();
    const other = await start(new AuthZenPolicyEngine({ url: gone.url }));
    try {
      const client = await connect(other.url, token());
      expect(await callTool(client, 'status')).toMatchObject({ isError: true, code: 'policy_unavailable' });
      await client.close();
      expect(await tools(other)).toEqual([]);
    } finally {
      await other.close();
    }
    expect(ran).toEqual([]);
    expect(other.auditLog.last('authorization.refused')).toMatchObject({
      handler: 'status',
      reason: 'policy_unavailable',
    });
    expect(errors()).toEqual([
      'The policy engine did not decide within 1000 ms (ECONNREFUSED), so "status" is refused.',
      expect.stringMatching(/^policy_unavailable \(503\) in status: /),
      'The policy engine did not decide within 1000 ms (ECONNREFUSED), so 5 handlers of a list are refused.',
    ]);
  });

  it('decides by Cedar policies in this process as well', async () => {
    const policies = `
      permit (principal, action, resource) when { principal.tenant == "acme" && context.agent.source == "act" };
      forbid (principal, action == Action::"cancel", resource);
      forbid (principal, action == Action::"refund", resource)
      when { context has arguments && context.arguments.amount > 100 };`;
    const cedar = await start(new CedarPolicyEngine({ policies }));
    try {
      const client = await connect(cedar.url, token());
      expect(await callTool(client, 'status')).toMatchObject({ isError: false });
      expect(await callTool(client, 'cancel')).toMatchObject({ isError: true, code: 'policy_denied' });
      expect(await callTool(client, 'refund', { amount: 100 })).toMatchObject({ isError: false });
      expect(await callTool(client, 'refund', { amount: 101 })).toMatchObject({ isError: true, code: 'policy_denied' });
      await client.close();
      expect(await tools(cedar)).toEqual(['status', 'refund', 'count', 'tag']);
    } finally {
      await cedar.close();
    }
    expect(ran).toEqual(['status', 'refund 100']);
    expect(cedar.auditLog.last('authorization.refused')).toMatchObject({ handler: 'refund', reason: 'policy_denied' });
  });

  it('asks once for what a cache remembers, whatever the trace', async () => {
    const headers = () => ({ authorization: 'Bearer of the server' });
    const engine = new AuthZenPolicyEngine({ url: point.url, headers });
    const cached = await start(new CachedPolicyEngine(engine, { lifetime: 60_000 }));
    const bearer = token();
    try {
      for (let i = 0; i < 3; i += 1) {
        const client = await connect(cached.url, bearer);
        expect(await callTool(client, 'status')).toMatchObject({ isError: false });
        await client.close();
      }
    } finally {
      await cached.close();
    }
    expect(point.questions.map(({ action }) => action.name)).toEqual(['status']);
  });
});

describe('a tool that shows its policy an argument it has not', () => {
  @ToolController()
  class Misnamed {
    @Tool({ name: 'refund', policyArguments: ['amuont'] }) @Authenticated() refund(@ToolInput() _input: RefundInput) {}
  }

  it('stops the boot', async () => {
    const world = await startWorld();
    try {
      await expect(startMcpApp(world, { providers: [Misnamed] })).rejects.toThrow(
        'Misnamed.refund: policyArguments names "amuont", which is no property of its @ToolInput(): name properties of that class.',
      );
    } finally {
      await world.close();
    }
  });
});
