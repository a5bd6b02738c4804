import {
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  HttpException,
  Inject,
  Injectable,
  type NestInterceptor,
  Scope,
  ValidationPipe,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, APP_PIPE, REQUEST } from '@nestjs/core';
import { type Client, InsufficientScopeError } from '@modelcontextprotocol/client';
import { IsString, Length } from 'class-validator';
import { Authenticated, Identity, RequireScopes } from 'nestjs-eie';
import { Tool, type McpCall, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { ADAPTERS, callTool, connect, ERAS, startMcpApp, type TestApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

const walked: string[] = [];

@Injectable()
class WalkingGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    walked.push(`guard ${context.getType<string>()} ${context.getHandler().name}`);
    return true;
  }
}

@Injectable()
class WalkingInterceptor implements NestInterceptor {
  intercept(context: ExecutionContext, next: CallHandler) {
    walked.push(`interceptor ${context.getType<string>()} ${context.getHandler().name}`);
    return next.handle();
  }
}

class OrderQuery {
  @IsString()
  @Length(3, 20)
  orderId: string;
}

@ToolController()
@RequireScopes('orders:read')
class OrderTools {
  @Tool({ name: 'get_order', description: "Reads one of the caller's orders" })
  get(@ToolInput() input: OrderQuery, @Identity('actor.sub') owner: string) {
    return { orderId: input.orderId, owner, isDto: input instanceof OrderQuery };
  }

  @Tool({ name: 'cancel_order' })
  @RequireScopes('orders:write')
  cancel() {
    return 'cancelled';
  }

  @Tool({ name: 'say' })
  say() {
    return 'plain text';
  }

  @Tool({ name: 'not_found' })
  notFound() {
    throw new HttpException('There is no such order', 404);
  }

  @Tool({ name: 'crash' })
  crash() {
    throw new Error('database password is hunter2');
  }
}

@ToolController()
class PerCallTools {
  constructor(@Inject(REQUEST) private readonly call: McpCall) {}

  @Tool({ name: 'per_call' })
  @Authenticated()
  perCall(@Identity('actor.sub') sub: string) {
    return { tool: this.call.handler, sameUser: this.call.user?.actor.sub === sub };
  }
}
Injectable({ scope: Scope.REQUEST })(PerCallTools);

describe.each(ADAPTERS)('MCP on %s', adapter => {
  describe.each(ERAS)('to a client of %s', era => {
    let world: World;
    let app: TestApp;
    let alice: Client;

    beforeAll(async () => {
      world = await startWorld();
      app = await startMcpApp(world, {
        adapter,
        providers: [
          OrderTools,
          PerCallTools,
          { provide: APP_GUARD, useClass: WalkingGuard },
          { provide: APP_INTERCEPTOR, useClass: WalkingInterceptor },
          {
            provide: APP_PIPE,
            useFactory: () => new ValidationPipe({ transform: true, whitelist: true, forbidNonWhitelisted: true }),
          },
        ],
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

    it('speaks that protocol revision', () => {
      expect(alice.getNegotiatedProtocolVersion()).toBe(era);
    });

    it('lists tools with the schema of their DTO, closed against further properties', async () => {
      const { tools } = await alice.listTools();
      expect(tools.find(tool => tool.name === 'get_order')).toMatchObject({
        description: "Reads one of the caller's orders",
        inputSchema: {
          type: 'object',
          properties: { orderId: { type: 'string', minLength: 3, maxLength: 20 } },
          required: ['orderId'],
          additionalProperties: false,
        },
      });
    });

    it('runs a tool through guards, interceptors and parameter decorators, with its input as a DTO', async () => {
      expect((await callTool(alice, 'get_order', { orderId: 'o-17' })).json).toEqual({
        orderId: 'o-17',
        owner: 'alice',
        isDto: true,
      });
      expect(walked.filter(step => step.includes(' mcp '))).toEqual(['guard mcp get', 'interceptor mcp get']);
    });

    it('records one intent and one outcome for a call', async () => {
      await callTool(alice, 'get_order', { orderId: 'o-17' });
      expect(app.auditLog.decisions).toEqual([
        expect.objectContaining({
          type: 'execution.intent',
          handler: 'get_order',
          actor_sub: 'alice',
          agent_id: 'agent-desk-copilot',
          client_id: 'desk-copilot',
          tenant: 'acme',
          outcome: 'started',
        }),
        expect.objectContaining({
          type: 'execution.outcome',
          handler: 'get_order',
          outcome: 'ok',
          envelope_id: app.auditLog.decisions[0]!.envelope_id,
        }),
      ]);
    });

    it('answers a missing scope with a real HTTP 403 before the tool is dispatched, and one record', async () => {
      await expect(callTool(alice, 'cancel_order')).rejects.toThrow(InsufficientScopeError);
      expect(walked.filter(step => step.includes(' mcp '))).toEqual([]);
      expect(app.auditLog.decisions).toEqual([
        expect.objectContaining({
          type: 'authorization.refused',
          handler: 'cancel_order',
          reason: 'insufficient_scope',
          actor_sub: 'alice',
        }),
      ]);
    });

    it.each([
      ['a wrong value', { orderId: 'x' }],
      ['a missing property', {}],
      ['an unknown property', { orderId: 'o-17', user_id: 'bob' }],
    ])('refuses input with %s: nothing runs, and one record', async (_what, input) => {
      const answer = await callTool(alice, 'get_order', input);
      expect(answer.isError).toBe(true);
      expect(answer.text).toContain('Input validation error');
      expect(walked.filter(step => step.includes(' mcp '))).toEqual([]);
      expect(app.auditLog.decisions).toEqual([
        expect.objectContaining({
          type: 'input.refused',
          handler: 'get_order',
          reason: 'input_invalid',
          actor_sub: 'alice',
        }),
      ]);
    });

    it('refuses input for a tool that takes none', async () => {
      expect((await callTool(alice, 'say', { anything: 1 })).isError).toBe(true);
      expect((await callTool(alice, 'say')).text).toBe('plain text');
    });

    it('answers an unknown tool with an error of the protocol', async () => {
      await expect(callTool(alice, 'no_such_tool')).rejects.toThrow(/not found/);
      expect(app.auditLog.decisions).toEqual([
        expect.objectContaining({
          type: 'mcp.refused',
          reason: 'handler_unknown',
          actor_sub: 'alice',
          handler: null,
        }),
      ]);
    });

    it('tells the client what an HttpException says, and of any other error only that it happened', async () => {
      expect(await callTool(alice, 'not_found')).toMatchObject({
        isError: true,
        text: expect.stringContaining('There is no such order'),
      });
      expect(await callTool(alice, 'crash')).toMatchObject({ isError: true, text: 'The tool failed.' });
      expect(app.auditLog.last('execution.outcome')).toMatchObject({
        handler: 'crash',
        outcome: 'failed',
        reason: 'error',
      });
    });

    it('gives a request-scoped tool the trusted call as REQUEST', async () => {
      expect((await callTool(alice, 'per_call')).json).toEqual({ tool: 'per_call', sameUser: true });
    });
  });
});
