import { Controller, Get, Param, Post } from '@nestjs/common';
import {
  ApprovalService,
  type EieOptions,
  type ExecutionIdentityEnvelope,
  Identity,
  RequireApproval,
  RequireScopes,
} from 'nestjs-eie';
import { EieMcpModule, Tool, ToolController } from 'nestjs-eie/mcp';
import { redisStores } from 'nestjs-eie-redis';
import { createClient } from 'redis';
import { startApp, type TestApp } from '../support/app.js';
import { message, send } from '../support/mcp-messages.js';
import { type RedisServer, startRedis } from '../support/redis-server.js';
import { DELIVERY, MCP, startWorld, type World } from '../support/world.js';

let refunds = 0;

@ToolController()
@RequireScopes('orders:read')
class Tools {
  @Tool({ name: 'refund' })
  @RequireApproval({ reason: 'Money goes back to the customer.', by: 'another' })
  refund() {
    refunds++;
    return 'refunded';
  }
}

/** Whoever may approve at one server need not have that scope at another one. */
@Controller('approvals')
@RequireScopes('deliveries:read')
class Approvals {
  constructor(private readonly approvals: ApprovalService) {}

  @Get()
  pending(@Identity() approver: ExecutionIdentityEnvelope) {
    return this.approvals.pending(approver);
  }

  @Post(':id/:what')
  decide(
    @Identity() approver: ExecutionIdentityEnvelope,
    @Param('id') id: string,
    @Param('what') what: 'approve' | 'deny',
  ) {
    return this.approvals[what](approver, id);
  }
}

describe('servers that share one store', () => {
  let world: World;
  let redis: RedisServer;
  let client: ReturnType<typeof createClient>;
  let [shop, console_, delivery] = [] as unknown as [TestApp, TestApp, TestApp];

  beforeAll(async () => {
    [world, redis] = await Promise.all([startWorld(), startRedis()]);
    client = createClient({ url: redis.url, disableOfflineQueue: true, commandsQueueMaxLength: 100 });
    await client.connect();
    const sharing = (options: Partial<EieOptions> = {}) => {
      const { approvals } = redisStores({ client });
      return { ports: { approvals }, ...options };
    };
    const audience = [DELIVERY];
    [shop, console_, delivery] = await Promise.all([
      startApp(world, {
        providers: [Tools],
        imports: [EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' })],
        options: sharing(),
      }),
      startApp(world, {
        controllers: [Approvals],
        options: sharing({ resource: MCP, issuers: [world.issuerOptions({ audience })] }),
      }),
      startApp(world, { controllers: [Approvals], options: sharing({ resource: DELIVERY }) }),
    ]);
  });
  afterAll(async () => {
    await Promise.all([shop, console_, delivery, world].map(one => one?.close()));
    client?.destroy();
    await redis?.close();
  });

  const call = async () => {
    const body = message('2026-07-28', 'tools/call', { name: 'refund', arguments: {} });
    return (await send(shop.url, world.userToken(), '2026-07-28', body)).messages[0].result;
  };
  const ask = (app: TestApp, path: string, method = 'GET') => {
    const by = { sub: 'user-0', clientId: 'assistant', resource: DELIVERY, scope: 'deliveries:read' };
    return fetch(app.url + path, { method, headers: { authorization: `Bearer ${world.userToken(by)}` } });
  };

  it('show and decide each what they have asked, and nothing of another one', async () => {
    const id: string = (await call()).structuredContent.approval_id;
    expect(await (await ask(delivery, '/approvals')).json()).toEqual([]);
    for (const what of ['approve', 'deny']) {
      expect((await ask(delivery, `/approvals/${id}/${what}`, 'POST')).status).toBe(404);
      expect(delivery.auditLog.last('authorization.refused')).toMatchObject({
        reason: 'approval_unknown',
        actor_sub: 'user-0',
      });
    }
    expect(delivery.auditLog.types()).not.toContain('approval.decided');
    expect((await call()).structuredContent).toMatchObject({ code: 'approval_required', approval_id: id });
    expect(refunds).toBe(0);
  });

  it('are one server where they have one resource: approvers may have an application of their own', async () => {
    const [{ id }] = (await (await ask(console_, '/approvals')).json()) as [{ id: string }];
    expect((await ask(console_, `/approvals/${id}/approve`, 'POST')).status).toBe(201);
    expect((await call()).content).toEqual([{ type: 'text', text: 'refunded' }]);
    expect(refunds).toBe(1);
  });
});
