import {
  type CallHandler,
  type CanActivate,
  type ExecutionContext,
  Injectable,
  type NestInterceptor,
  NotFoundException,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR } from '@nestjs/core';
import {
  type Client,
  InsufficientScopeError,
  ProtocolErrorCode,
  ResourceNotFoundError,
} from '@modelcontextprotocol/client';
import { IsString, Length } from 'class-validator';
import { Authenticated, Delegated, type DelegatedFetch, Identity, RequireScopes } from 'nestjs-eie';
import { McpContent, Resource, ResourceTemplate, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { type ReadResourceResult } from '@modelcontextprotocol/server';
import { ADAPTERS, connect, ERAS, startMcpApp, type TestApp } from '../support/app.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { message, send } from '../support/mcp-messages.js';
import { ordersTarget } from '../support/orders.js';
import { startWorld, type World } from '../support/world.js';

const walked: string[] = [];

@Injectable()
class Walker implements CanActivate, NestInterceptor {
  canActivate(context: ExecutionContext): boolean {
    if (context.getType<string>() === 'mcp') walked.push(`guard ${context.getHandler().name}`);
    return true;
  }

  intercept(context: ExecutionContext, next: CallHandler) {
    if (context.getType<string>() === 'mcp') walked.push(`interceptor ${context.getHandler().name}`);
    return next.handle();
  }
}

class OrderUri {
  @IsString()
  @Length(3, 8)
  id: string;
}

@ToolController()
class Resources {
  @Resource({ uri: 'shop://profile', name: 'profile', mimeType: 'application/json' })
  @Authenticated()
  profile(@Identity('actor.sub') sub: string) {
    return { sub };
  }

  @Resource({ uri: 'shop://logo', mimeType: 'image/png' })
  @Authenticated()
  logo() {
    return new Uint8Array([1, 2, 255]);
  }

  @Resource({ uri: 'shop://parts', name: 'parts' })
  @Authenticated()
  parts() {
    return new McpContent<ReadResourceResult>({
      contents: [
        { uri: 'shop://parts/1', text: 'one' },
        { uri: 'shop://parts/2', text: 'two' },
      ],
    });
  }

  @Resource({ uri: 'shop://ledger', name: 'ledger' })
  @RequireScopes('orders:read', 'ledger:read')
  ledger() {
    return 'the ledger';
  }

  @ResourceTemplate({ uriTemplate: 'orders://{id}', name: 'order' })
  @RequireScopes('orders:read')
  async order(
    @ToolInput() input: OrderUri,
    @Identity('actor.sub') owner: string,
    @Delegated('orders_api') orders: DelegatedFetch,
  ) {
    if (input.id === 'none') throw new NotFoundException('There is no such order');
    if (input.id === 'crash') throw new Error('database password is hunter2');
    return {
      id: input.id,
      owner,
      isDto: input instanceof OrderUri,
      api: (await orders(`/orders/${encodeURIComponent(input.id)}`)).status,
    };
  }
}

describe.each(ADAPTERS)('a resource, on %s', adapter => {
  describe.each(ERAS)('for a client of %s', era => {
    let world: World;
    let api: Loopback;
    let app: TestApp;
    let alice: Client;

    beforeAll(async () => {
      world = await startWorld();
      api = await startLoopback();
      const providers = [
        Resources,
        Walker,
        { provide: APP_GUARD, useExisting: Walker },
        { provide: APP_INTERCEPTOR, useExisting: Walker },
      ];
      app = await startMcpApp(world, {
        adapter,
        providers,
        options: { targets: { orders_api: ordersTarget(world, api.url) } },
      });
      alice = await connect(app.url, world.userToken(), era);
    });
    afterAll(async () => {
      await alice?.close();
      await app?.close();
      await api?.close();
      await world?.close();
    });
    beforeEach(() => {
      walked.length = 0;
      app.auditLog.events.length = 0;
    });

    const read = async (uri: string) =>
      (await alice.readResource({ uri })).contents as {
        uri: string;
        text?: string;
        blob?: string;
        mimeType?: string;
      }[];
    const json = async (uri: string) => JSON.parse((await read(uri))[0]!.text!);

    it('runs for its identity, through guards and interceptors', async () => {
      expect(await read('shop://profile')).toEqual([
        { uri: 'shop://profile', mimeType: 'application/json', text: '{"sub":"alice"}' },
      ]);
      expect(walked).toEqual(['guard profile', 'interceptor profile']);
    });

    it('is on the audit log with its intent and its outcome, under one envelope', async () => {
      await read('shop://profile');
      const [intent, outcome, ...more] = app.auditLog.decisions;
      expect(intent).toMatchObject({
        type: 'execution.intent',
        handler: 'resource:profile',
        actor_sub: 'alice',
        tenant: 'acme',
        agent_id: 'agent-desk-copilot',
        outcome: 'started',
      });
      expect(outcome).toMatchObject({
        type: 'execution.outcome',
        handler: 'resource:profile',
        outcome: 'ok',
        envelope_id: intent!.envelope_id,
      });
      expect(more).toEqual([]);
    });

    it('is sent as bytes, or as its author put it', async () => {
      expect(await read('shop://logo')).toEqual([{ uri: 'shop://logo', mimeType: 'image/png', blob: 'AQL/' }]);
      expect((await read('shop://parts')).map(part => part.text)).toEqual(['one', 'two']);
      expect(app.auditLog.decisions.map(event => event.handler)).toEqual(
        Array(2).fill('resource:shop://logo').concat(Array(2).fill('resource:parts')),
      );
    });

    it('of a template gets its variables as a DTO, and calls APIs on behalf of the user', async () => {
      expect(await json('orders://o-17')).toEqual({ id: 'o-17', owner: 'alice', isDto: true, api: 200 });
      expect(api.requests.at(-1)!.url).toBe('/orders/o-17');
      expect(app.auditLog.decisions.map(({ type }) => type)).toEqual([
        'execution.intent',
        'delegation.intent',
        'delegation.outcome',
        'execution.outcome',
      ]);
      expect(new Set(app.auditLog.decisions.map(event => event.handler))).toEqual(new Set(['resource:order']));
    });

    it.each([
      ['too short', 'orders://x'],
      ['too long', `orders://${'o'.repeat(9)}`],
    ])('whose variable is %s runs nothing, names it, and leaves one record', async (_what, uri) => {
      await expect(read(uri)).rejects.toMatchObject({
        code: ProtocolErrorCode.InvalidParams,
        message: expect.stringContaining('Input validation error: id must be'),
        data: { code: 'input_invalid' },
      });
      expect(walked).toEqual([]);
      expect(app.auditLog.decisions).toEqual([
        expect.objectContaining({
          type: 'input.refused',
          handler: 'resource:order',
          reason: 'input_invalid',
          actor_sub: 'alice',
          outcome: 'refused',
        }),
      ]);
    });

    it('without its scope is a 403 that names all of its scopes, and one record', async () => {
      const { status, challenge } = await send(
        app.url,
        world.userToken(),
        era,
        message(era, 'resources/read', { uri: 'shop://ledger' }),
      );
      expect(status).toBe(403);
      expect(challenge).toContain('error="insufficient_scope"');
      expect(challenge).toContain('scope="orders:read ledger:read"');
      expect(challenge).toContain('resource_metadata="https://mcp.shop.test/.well-known/oauth-protected-resource/mcp"');
      expect(app.auditLog.decisions).toEqual([
        expect.objectContaining({
          type: 'authorization.refused',
          handler: 'resource:ledger',
          reason: 'insufficient_scope',
          actor_sub: 'alice',
        }),
      ]);
      await expect(read('shop://ledger')).rejects.toThrow(InsufficientScopeError);
      expect(walked).toEqual([]);
    });

    it('that its handler does not find is the resource-not-found of the protocol, and a failure on the audit log', async () => {
      await expect(read('orders://none')).rejects.toThrow(new ResourceNotFoundError('orders://none'));
      expect(app.auditLog.last('execution.outcome')).toMatchObject({
        handler: 'resource:order',
        outcome: 'failed',
        reason: 'http_404',
      });
    });

    it('that fails says only that it failed', async () => {
      await expect(read('orders://crash')).rejects.toMatchObject({
        code: ProtocolErrorCode.InternalError,
        message: expect.not.stringContaining('hunter2'),
      });
      expect(app.auditLog.last('execution.outcome')).toMatchObject({
        handler: 'resource:order',
        outcome: 'failed',
        reason: 'error',
      });
    });

    it('that nobody declared is not found, and its refusal names who asked, and not what for', async () => {
      await expect(read('shop://nothing')).rejects.toThrow();
      expect(app.auditLog.decisions).toEqual([
        expect.objectContaining({
          type: 'mcp.refused',
          reason: 'handler_unknown',
          actor_sub: 'alice',
          handler: null,
        }),
      ]);
    });
  });
});
