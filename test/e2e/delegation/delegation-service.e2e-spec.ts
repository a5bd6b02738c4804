import { Controller, Get, Injectable, Module } from '@nestjs/common';
import {
  Authenticated,
  DelegatesTo,
  DelegationService,
  EieModule,
  type ExecutionIdentityEnvelope,
  Identity,
  RequireScopes,
} from 'nestjs-eie';
import { startApp, type TestApp } from '../../support/app.js';
import { OrdersController, ordersTarget } from '../../support/orders.js';
import { type ReceiverApp, startReceiver } from '../../support/receiver-app.js';
import { ORDERS, startWorld, type World } from '../../support/world.js';

@Injectable()
class OrderHistory {
  constructor(private readonly delegation: DelegationService) {}

  async latest(identity: ExecutionIdentityEnvelope) {
    return (await this.delegation.for(identity, 'orders_api')('/orders')).json();
  }
}

@Controller('history')
class HistoryController {
  constructor(private readonly history: OrderHistory) {}

  @Get('declared')
  @RequireScopes('orders:read')
  @DelegatesTo('orders_api')
  declared(@Identity() identity: ExecutionIdentityEnvelope) {
    return this.history.latest(identity);
  }

  @Get('undeclared')
  @Authenticated()
  undeclared(@Identity() identity: ExecutionIdentityEnvelope) {
    return this.history.latest(identity);
  }
}

describe('DelegationService', () => {
  let world: World;
  let orders: ReceiverApp;
  let app: TestApp;

  beforeEach(async () => {
    world = await startWorld();
    orders = await startReceiver(world, { service: 'orders_api', resource: ORDERS, controllers: [OrdersController] });

    @Module({
      imports: [EieModule.forFeature({ targets: { orders_api: ordersTarget(world, `${orders.url}/api/`) } })],
      controllers: [HistoryController],
      providers: [OrderHistory],
    })
    class HistoryModule {}
    app = await startApp(world, { imports: [HistoryModule], options: { signing: { keys: world.sealing.keys } } });
  });
  afterEach(async () => {
    await app?.close();
    await orders?.close();
    await world?.close();
  });

  const get = (path: string) =>
    fetch(`${app.url}/history/${path}`, { headers: { authorization: `Bearer ${world.userToken()}` } });

  it('calls a target of forFeature() for a service behind the handler that declares it', async () => {
    const response = await get('declared');
    expect(response.status).toBe(200);
    expect(await response.json()).toMatchObject({ sub: 'alice', mode: 'on_behalf_of' });
  });

  it('refuses a target that the handler does not declare, although it is configured, and records it', async () => {
    const before = orders.received.length;
    const response = await get('undeclared');
    expect(response.status).toBe(500);
    expect(await response.json()).toEqual({ statusCode: 500, message: 'Internal Server Error' });
    expect(orders.received).toHaveLength(before);
    expect(app.auditLog.last('delegation.refused')).toMatchObject({
      reason: 'target_undeclared',
      actor_sub: 'alice',
      target: 'orders_api',
    });
    expect(app.auditLog.last('execution.outcome')).toMatchObject({ outcome: 'failed', reason: 'target_undeclared' });
  });

  it('answers 502 on an HTTP handler when the target is down, with both outcomes on the audit log', async () => {
    await orders.close();
    const response = await get('declared');
    expect(response.status).toBe(502);
    expect(app.auditLog.last('delegation.outcome')).toMatchObject({ outcome: 'failed', reason: 'target_unavailable' });
    expect(app.auditLog.last('execution.outcome')).toMatchObject({ outcome: 'failed', reason: 'target_unavailable' });
  });
});
