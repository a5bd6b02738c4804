import {
  type CallHandler,
  type ExecutionContext,
  Inject,
  Injectable,
  type NestInterceptor,
  NotFoundException,
  Scope,
} from '@nestjs/common';
import { APP_INTERCEPTOR, REQUEST } from '@nestjs/core';
import { Ctx, Payload, type RequestContext, RpcException } from '@nestjs/microservices';
import { type Client, InsufficientScopeError } from '@modelcontextprotocol/client';
import { type McpContext, McpController, Prompt, Resource, ResourceTemplate, Tool, ToolScopes } from '@rekog/mcp-nest';
import { of } from 'rxjs';
import { Authenticated, type ExecutionIdentityEnvelope, Identity, RequireScopes } from 'nestjs-eie';
import { z } from 'zod';
import { startMcpNest } from '../mcp-nest/mcp-nest-app.js';
import { ADAPTERS, callTool, connect, ERAS, type TestApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

const walked: string[] = [];

@Injectable()
class WalkingInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    walked.push(`${context.getType<string>()} ${context.getHandler().name}`);
    return next.handle();
  }
}

const OrderId = z.object({ orderId: z.string().min(3) });

@McpController()
@Authenticated()
class OrderTools {
  @Tool({ name: 'get_order', description: 'One order', parameters: OrderId })
  @ToolScopes(['orders:read'])
  get(@Payload() { orderId }: z.infer<typeof OrderId>, @Identity() { actor, agent }: ExecutionIdentityEnvelope) {
    return { orderId, owner: actor.sub, agent: agent.id };
  }

  @Tool({ name: 'cancel_order' })
  @ToolScopes(['orders:read', 'orders:write'])
  cancel() {
    return 'cancelled';
  }

  @Tool({ name: 'find_orders' })
  @ToolScopes(['orders:read', 'orders:write'], { match: 'any' })
  find() {
    return 'found';
  }

  @Tool({ name: 'find_invoices' })
  @ToolScopes(['invoices:read', 'ledger:read'], { match: 'any' })
  invoices() {
    return 'found';
  }

  @Tool({ name: 'balance' })
  @RequireScopes('billing:read')
  balance() {
    return 'much';
  }

  @Tool({ name: 'anybody' })
  anybody() {
    walked.push('handler anybody');
    return of('first', 'second');
  }

  @Tool({ name: 'not_found' })
  notFound() {
    throw new NotFoundException('There is no such order');
  }

  @Tool({ name: 'says_why' })
  saysWhy() {
    throw new RpcException('The order was sent already');
  }

  @Resource({ name: 'terms', uri: 'shop://terms' })
  terms(@Identity('actor.sub') sub: string) {
    return { contents: [{ uri: 'shop://terms', text: `terms for ${sub}` }] };
  }

  @Resource({ name: 'ledger', uri: 'shop://ledger' })
  @RequireScopes('ledger:read')
  ledger() {
    return { contents: [] };
  }

  @ResourceTemplate({ name: 'order', uriTemplate: 'shop://orders/{id}' })
  @RequireScopes('orders:read')
  order(@Payload() { id }: { id: string }, @Identity('actor.sub') sub: string) {
    return { contents: [{ uri: `shop://orders/${id}`, text: sub }] };
  }

  @Prompt({ name: 'complain', description: 'A letter' })
  complain(@Identity('actor.sub') sub: string) {
    return { messages: [{ role: 'user' as const, content: { type: 'text' as const, text: `I am ${sub}` } }] };
  }

  @Prompt({ name: 'audit', description: 'A report' })
  @RequireScopes('ledger:read')
  audit() {
    return { messages: [] };
  }
}

@McpController({ scope: Scope.REQUEST })
@Authenticated()
class PerCallTools {
  constructor(@Inject(REQUEST) private readonly request: RequestContext<unknown, McpContext>) {}

  @Tool({ name: 'per_call' })
  perCall(@Identity('actor.sub') sub: string, @Ctx() context: McpContext) {
    return { sub, isThisCall: this.request.getContext() === context };
  }
}

describe.each(ADAPTERS)('a server of mcp-nest behind the boundary on %s', adapter => {
  describe.each(ERAS)('to a client of %s', era => {
    let world: World;
    let app: TestApp;
    let alice: Client;

    beforeAll(async () => {
      world = await startWorld();
      app = await startMcpNest(world, {
        adapter,
        controllers: [OrderTools, PerCallTools],
        providers: [{ provide: APP_INTERCEPTOR, useClass: WalkingInterceptor }],
      });
      alice = await connect(app.url, world.userToken(), era);
    });
    afterAll(async () => {
      await alice?.close();
      await app?.close();
      await world?.close();
    });
    beforeEach(() => {
      walked.length = 0;
      app.auditLog.events.length = 0;
    });

    const ran = () => walked.filter(step => step.startsWith('rpc '));

    it('speaks that protocol revision', () => {
      expect(alice.getNegotiatedProtocolVersion()).toBe(era);
    });

    it('runs a tool with the verified identity of its call: the user, and the agent', async () => {
      expect((await callTool(alice, 'get_order', { orderId: 'o-17' })).json).toEqual({
        orderId: 'o-17',
        owner: 'alice',
        agent: 'agent-desk-copilot',
      });
      expect(ran()).toEqual(['rpc get']);
    });

    it('records one intent and one outcome for a call, whatever the tool returns', async () => {
      for (const tool of ['anybody', 'find_orders']) {
        app.auditLog.events.length = 0;
        await callTool(alice, tool);
        expect(app.auditLog.decisions).toEqual([
          expect.objectContaining({
            type: 'execution.intent',
            handler: tool,
            actor_sub: 'alice',
            agent_id: 'agent-desk-copilot',
            client_id: 'desk-copilot',
            tenant: 'acme',
            outcome: 'started',
          }),
          expect.objectContaining({
            type: 'execution.outcome',
            handler: tool,
            outcome: 'ok',
            envelope_id: app.auditLog.decisions[0]!.envelope_id,
          }),
        ]);
      }
    });

    it('gives the client the first value of a stream, as mcp-nest does', async () => {
      expect((await callTool(alice, 'anybody')).json).toBe('first');
    });

    it.each([
      ['one of several of @ToolScopes()', 'cancel_order', ['orders:read', 'orders:write']],
      ['all of @ToolScopes() with match "any"', 'find_invoices', ['invoices:read']],
      ['one of our own @RequireScopes()', 'balance', ['billing:read']],
    ])(
      'answers a caller who lacks %s with an HTTP 403 that names what to ask for: nothing runs, and one record',
      async (_what, tool, scopes) => {
        const refusal = await callTool(alice, tool).catch((error: unknown) => error);
        expect(refusal).toBeInstanceOf(InsufficientScopeError);
        expect((refusal as InsufficientScopeError).requiredScope).toBe(scopes.join(' '));
        expect(ran()).toEqual([]);
        expect(app.auditLog.decisions).toEqual([
          expect.objectContaining({
            type: 'authorization.refused',
            handler: tool,
            reason: 'insufficient_scope',
            actor_sub: 'alice',
          }),
        ]);
      },
    );

    it('lets a caller who has one of several scopes run a tool that needs any of them', async () => {
      expect((await callTool(alice, 'find_orders')).json).toBe('found');
    });

    it('refuses a prompt in the same way, and a resource with an error that carries the code and the challenge', async () => {
      await expect(alice.getPrompt({ name: 'audit' })).rejects.toThrow(InsufficientScopeError);
      await expect(alice.readResource({ uri: 'shop://ledger' })).rejects.toMatchObject({
        data: { code: 'insufficient_scope', challenge: expect.stringContaining('scope="ledger:read"') },
      });
      expect(ran()).toEqual([]);
      expect(app.auditLog.decisions).toEqual([
        expect.objectContaining({
          type: 'authorization.refused',
          handler: 'prompt:audit',
          reason: 'insufficient_scope',
          actor_sub: 'alice',
        }),
        expect.objectContaining({
          type: 'authorization.refused',
          handler: 'resource:ledger',
          reason: 'insufficient_scope',
          actor_sub: 'alice',
        }),
      ]);
    });

    it('serves resources and prompts with the identity of the caller, each with its intent and outcome', async () => {
      expect((await alice.readResource({ uri: 'shop://terms' })).contents).toEqual([
        expect.objectContaining({ text: 'terms for alice' }),
      ]);
      expect((await alice.readResource({ uri: 'shop://orders/o-17' })).contents).toEqual([
        expect.objectContaining({ text: 'alice' }),
      ]);
      expect((await alice.getPrompt({ name: 'complain' })).messages).toEqual([
        expect.objectContaining({ content: { type: 'text', text: 'I am alice' } }),
      ]);
      expect(app.auditLog.decisions.map(({ type, handler }) => `${type} ${handler}`)).toEqual(
        ['resource:terms', 'resource:order', 'prompt:complain'].flatMap(tool => [
          `execution.intent ${tool}`,
          `execution.outcome ${tool}`,
        ]),
      );
    });

    it('lists only what the caller may use, and says of each tool that it needs a token, and which scopes', async () => {
      const { tools } = await alice.listTools();
      expect(tools.map(({ name }) => name)).toEqual([
        'get_order',
        'find_orders',
        'anybody',
        'not_found',
        'says_why',
        'per_call',
      ]);
      const schemes = (name: string) => tools.find(tool => tool.name === name)!._meta!.securitySchemes;
      expect(schemes('get_order')).toEqual([{ type: 'oauth2', scopes: ['orders:read'] }]);
      expect(schemes('anybody')).toEqual([{ type: 'oauth2' }]);
      expect((await alice.listResources()).resources.map(({ name }) => name)).toEqual(['terms']);
      expect((await alice.listResourceTemplates()).resourceTemplates.map(({ name }) => name)).toEqual(['order']);
      expect((await alice.listPrompts()).prompts.map(({ name }) => name)).toEqual(['complain']);
      expect(app.auditLog.withoutStreams.map(({ type, handler, actor_sub }) => [type, handler, actor_sub])).toEqual(
        ['tools/list', 'resources/list', 'resources/templates/list', 'prompts/list'].map(method => [
          'mcp.request',
          `mcp:${method}`,
          'alice',
        ]),
      );
    });

    it('records an input that mcp-nest refuses: nothing runs, and one record', async () => {
      expect(await callTool(alice, 'get_order', { orderId: 'o' })).toMatchObject({
        isError: true,
        text: expect.stringContaining('Invalid parameters'),
      });
      expect(ran()).toEqual([]);
      expect(app.auditLog.decisions).toEqual([
        expect.objectContaining({
          type: 'input.refused',
          handler: 'get_order',
          reason: 'input_invalid',
          actor_sub: 'alice',
        }),
      ]);
    });

    it('leaves an unknown tool to mcp-nest, and a record of who asked for it', async () => {
      await expect(callTool(alice, 'no_such_tool')).rejects.toThrow(/Unknown tool/);
      expect(app.auditLog.withoutStreams).toEqual([
        expect.objectContaining({ type: 'mcp.request', handler: 'mcp:tools/call', actor_sub: 'alice' }),
      ]);
    });

    it.each([
      ['not_found', 'Internal server error', 'http_404'],
      ['says_why', 'The order was sent already', 'error'],
    ])(
      'leaves what %s throws to the filters of the application, and records that it failed',
      async (tool, text, reason) => {
        expect(await callTool(alice, tool)).toMatchObject({ isError: true, text });
        expect(app.auditLog.decisions.map(({ type }) => type)).toEqual(['execution.intent', 'execution.outcome']);
        expect(app.auditLog.last('execution.outcome')).toMatchObject({ handler: tool, outcome: 'failed', reason });
      },
    );

    it('runs request-scoped tools, each in its own call', async () => {
      expect((await callTool(alice, 'per_call')).json).toEqual({ sub: 'alice', isThisCall: true });
      expect(app.auditLog.decisions.map(({ type }) => type)).toEqual(['execution.intent', 'execution.outcome']);
    });

    it('follows the trace that the client names', async () => {
      const trace = '0af7651916cd43dd8448eb211c80319c';
      await alice.callTool({
        name: 'anybody',
        arguments: {},
        _meta: { traceparent: `00-${trace}-00f067aa0ba902b7-01` },
      });
      expect(app.auditLog.last('execution.intent').trace_id).toBe(trace);
    });

    it('runs nothing when the audit log cannot be written', async () => {
      app.auditLog.broken = true;
      const answer = await callTool(alice, 'anybody').finally(() => (app.auditLog.broken = false));
      expect(answer).toMatchObject({ isError: true, code: 'audit_unavailable' });
      expect(walked).not.toContain('handler anybody');
    });
  });
});
