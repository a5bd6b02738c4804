import { setTimeout as sleep } from 'node:timers/promises';
import { type CanActivate, Controller, ForbiddenException, Get, Injectable, UseGuards } from '@nestjs/common';
import { ValidateBy } from 'class-validator';
import { type Diagnostic } from 'execution-identity';
import { Authenticated, Delegated, type DelegatedFetch, type EieOptions } from 'nestjs-eie';
import { Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { ADAPTERS, callTool, connect, startApp, startMcpApp, type TestApp } from '../support/app.js';
import { message, open } from '../support/mcp-messages.js';
import { ordersTarget } from '../support/orders.js';
import { startReceiver } from '../support/receiver-app.js';
import { until } from '../support/until.js';
import { ORDERS, startWorld, type World } from '../support/world.js';

let deciding: () => void;
let decide: Promise<void>;
let validating: () => void;
let validate: Promise<void>;

@Injectable()
class SlowRefusal implements CanActivate {
  async canActivate(): Promise<never> {
    deciding();
    await decide;
    throw new ForbiddenException();
  }
}

@Controller('api/orders')
@Authenticated()
class OrdersController {
  @Get()
  orders() {
    return [];
  }

  @Get('refused')
  @UseGuards(SlowRefusal)
  refused() {}
}

class SlowInput {
  @ValidateBy({ name: 'slow', async: true, validator: { validate: async () => (validating(), await validate, true) } })
  id: string;
}

let ran: number;

@ToolController()
@Authenticated()
class Tools {
  @Tool({ name: 'slow' })
  slow(@ToolInput() _input: SlowInput) {
    ran++;
    return new Promise(() => {});
  }

  @Tool({ name: 'orders' })
  async orders(@Delegated('orders_api') orders: DelegatedFetch) {
    return (await orders('/api/orders')).status;
  }
}

describe('a caller who leaves', () => {
  let world: World;
  let app: TestApp;
  beforeAll(async () => void (world = await startWorld()));
  afterEach(() => app?.close());
  afterAll(() => world?.close());

  const start = (url: string, options: Partial<EieOptions> = {}) =>
    startMcpApp(world, {
      providers: [Tools],
      options: { targets: { orders_api: ordersTarget(world, url) }, ...options },
    });

  it('before its tool has begun runs nothing, and is refused on the audit log', async () => {
    ran = 0;
    app = await start('http://127.0.0.1:9');
    let go = (): void => {};
    validate = new Promise(resolve => (go = resolve));
    const checking = new Promise<void>(resolve => (validating = resolve));
    const abort = new AbortController();
    const call = message('2026-07-28', 'tools/call', { name: 'slow', arguments: { id: 'x' } });
    const left = open(app.url, world.userToken(), '2026-07-28', call, { signal: abort.signal }).catch(() => 'left');
    await checking;
    abort.abort();
    expect(await left).toBe('left');
    // The server sees it a moment later.
    await sleep(100);
    go();
    await until(() => app.auditLog.types().includes('authorization.refused'));
    expect(ran).toBe(0);
    expect(app.auditLog.types()).not.toContain('execution.intent');
    expect(app.auditLog.last('authorization.refused')).toMatchObject({ reason: 'caller_left', handler: 'slow' });
  });

  it.each(ADAPTERS)(
    'while the intent of its call is written has that and one outcome, and nobody is told that an identity has expired, on %s',
    async adapter => {
      const lines: string[] = [];
      const ports = { diagnostics: { report: ({ message }: Diagnostic) => void lines.push(message) } };
      app = await startApp(world, { adapter, controllers: [OrdersController], options: { ports } });
      let keep = (): void => {};
      const kept = new Promise<void>(resolve => (keep = resolve));
      const append = app.auditLog.append.bind(app.auditLog);
      let isWriting = false;
      app.auditLog.append = async event => {
        isWriting ||= event.type === 'execution.intent';
        await kept;
        return append(event);
      };
      const abort = new AbortController();
      const headers = { authorization: `Bearer ${world.userToken()}` };
      const left = fetch(`${app.url}/api/orders`, { headers, signal: abort.signal }).catch(() => 'left');
      await until(() => isWriting);
      abort.abort();
      expect(await left).toBe('left');
      await sleep(100);
      keep();
      await until(() => app.auditLog.types().includes('execution.outcome'));
      // Nest asks the interceptors a moment later.
      await sleep(100);
      expect(app.auditLog.events.map(({ type, reason }) => [type, reason])).toEqual([
        ['execution.intent', null],
        ['execution.outcome', 'aborted'],
      ]);
      expect(lines.filter(line => /expired|caller_left/.test(line))).toEqual([]);
    },
  );

  it('of a receiver, while a guard of the application decides, leaves an outcome for each intent', async () => {
    const orders = await startReceiver(world, {
      service: 'orders_api',
      resource: ORDERS,
      controllers: [OrdersController],
    });
    app = await start(orders.url, { signing: { keys: world.sealing.keys } });
    const client = await connect(app.url, world.userToken({ clientId: 'assistant' }));
    await callTool(client, 'orders');
    await client.close();
    const { authorization, 'txn-token': txnToken } = orders.received.at(-1)!;
    orders.auditLog.events.length = 0;
    let go = (): void => {};
    decide = new Promise(resolve => (go = resolve));
    let decided = 0;
    deciding = () => void decided++;
    const abort = new AbortController();
    const headers = { authorization: authorization!, 'txn-token': String(txnToken) };
    const calls = Array.from({ length: 5 }, () =>
      fetch(`${orders.url}/api/orders/refused`, { headers, signal: abort.signal }).catch(() => 'left'),
    );
    await until(() => decided === 5);
    abort.abort();
    await Promise.all(calls);
    go();
    const count = (type: string) => orders.auditLog.types().filter(one => one === type).length;
    await until(() => count('execution.outcome') === 5);
    expect(count('execution.intent')).toBe(5);
    await orders.close();
  });
});
