import { Controller, Get, Inject, Injectable, Post, Scope } from '@nestjs/common';
import { REQUEST } from '@nestjs/core';
import { type ExecutionIdentityEnvelope, Identity, RequireScopes } from 'nestjs-eie';
import { RecordingLog, startApp, type TestApp } from '../../support/app.js';
import { ordersTarget } from '../../support/orders.js';
import { type ReceiverApp, startReceiver } from '../../support/receiver-app.js';
import { ORDERS } from '../../support/world.js';
import { accountOptions, AccountsController } from '../accounts.js';
import { type Application, type Attack, type Legitimate, type Stage } from '../application.js';
import { NAMED } from '../attacks.js';
import { answers, bearer, closing, refused, sendTo, unmoved, viewsOf } from '../parts.js';

let stage: Stage;
let orders: ReceiverApp;
let shop: TestApp;

@Injectable({ scope: Scope.REQUEST })
class Connection {
  constructor(@Inject(REQUEST) readonly request: object) {
    stage.see('by a request-scoped provider of a receiver', viewsOf(request));
  }
}

@Controller('orders')
class OrdersController {
  constructor(private readonly connection: Connection) {}

  @Get()
  @RequireScopes('orders:read')
  list(@Identity() { actor, agent, authorization }: ExecutionIdentityEnvelope) {
    stage.see('by a handler of a receiver', viewsOf(this.connection.request));
    return { order: 17, for: actor.sub, by: agent.id, scopes: authorization.scopes };
  }

  @Post()
  @RequireScopes('orders:write')
  add() {
    return 'added';
  }
}

/** Makes a call, and sends both of its credentials again, changed. */
async function again(change: (headers: Record<string, string>) => object, init: RequestInit = {}) {
  await call();
  const { authorization, 'txn-token': txnToken } = orders.received.at(-1) as Record<string, string>;
  const headers = { authorization: authorization!, 'txn-token': txnToken! };
  return sendTo(orders.url)('/orders', { ...init, headers: { ...headers, ...change(headers) } });
}

const call = (changes: object = {}) => sendTo(shop.url)('/accounts/orders', bearer(stage.world.userToken(changes)));

export const application: Application = {
  name: 'a service behind an MCP server, which verifies both credentials',
  async start(given) {
    stage = given;
    const { world, adapter } = stage;
    orders = await startReceiver(world, {
      adapter,
      service: 'orders_api',
      resource: ORDERS,
      controllers: [OrdersController],
      options: { audit: { log: stage.auditLog } },
      providers: [Connection],
    });
    const options = accountOptions(stage, {
      signing: { keys: world.sealing.keys },
      audit: { log: new RecordingLog() },
    });
    shop = await startApp(world, {
      adapter,
      controllers: [AccountsController],
      options: { ...options, targets: { ...options.targets, orders_api: ordersTarget(world, orders.url) } },
    });
    return { ...orders, app: closing(orders.app, () => shop.close()), send: sendTo(shop.url) };
  },
  legitimate: (): Legitimate[] => [
    answers('a user reads an order through the MCP server', () => call(), '"for":"alice"'),
    answers(
      'with what was sealed for this service',
      () => call({ scope: 'orders:read billing:read' }),
      '"scopes":["orders:read"]',
    ),
  ],
  attacks: (running, { world, auditLog }): Attack[] => [
    refused(2, 'an access token is enough', () => again(() => ({ 'txn-token': '' }))),
    refused(2, 'a sealed envelope is enough', () => again(() => ({ authorization: '' }))),
    refused(2, 'a token of a user is enough', () =>
      sendTo(orders.url)('/orders', bearer(world.userToken({ resource: ORDERS }))),
    ),
    refused(2, 'the envelope of one user comes with the token of another', async () => {
      await call();
      const { authorization } = orders.received.at(-1)!;
      await call({ sub: 'bob' });
      const { 'txn-token': txnToken } = orders.received.at(-1)!;
      return sendTo(orders.url)('/orders', {
        headers: { authorization: authorization!, 'txn-token': String(txnToken) },
      });
    }),
    unmoved(
      2,
      'headers name another user',
      () => again(({ 'txn-token': txnToken }) => ({ ...NAMED.headers, 'txn-token': txnToken })),
      'alice',
      '"for":"bob"',
    ),
    refused(3, 'a caller without the scope adds an order', () => again(() => ({}), { method: 'POST' })),
    refused(4, 'a right counts that only the access token has', async () => {
      const wide = world.userToken({ resource: ORDERS, scope: 'orders:read orders:write' });
      return again(() => ({ authorization: `Bearer ${wide}` }), { method: 'POST' });
    }),
    {
      promise: 1,
      name: 'a handler reads what it is called with',
      async run() {
        const { status } = await again(({ authorization }) => ({
          'x-forwarded-access-token': authorization!.slice(7),
        }));
        return status === 200 ? undefined : String(status);
      },
    },
    {
      promise: 5,
      name: 'a call runs while the audit log is down',
      async run() {
        auditLog.broken = true;
        const { status } = await again(() => ({})).finally(() => (auditLog.broken = false));
        return status === 503 ? undefined : String(status);
      },
    },
    {
      promise: 5,
      name: 'a call leaves no record of its user',
      async run() {
        const before = auditLog.events.length;
        await again(() => ({}));
        const [record] = auditLog.events.slice(before);
        return record?.type === 'execution.intent' && record.actor_sub === 'alice' ? undefined : `${record?.type}`;
      },
    },
  ],
};
