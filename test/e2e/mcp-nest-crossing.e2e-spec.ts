import { setTimeout as sleep } from 'node:timers/promises';
import { Scope } from '@nestjs/common';
import { Payload } from '@nestjs/microservices';
import { McpController, McpRawRequest, Tool, ToolScopes } from '@rekog/mcp-nest';
import { Delegated, type DelegatedFetch, type ExecutionIdentityEnvelope, Identity } from 'nestjs-eie';
import { type McpNestUser } from 'nestjs-eie/mcp-nest';
import { checkedSlowly, startMcpNest } from '../mcp-nest/mcp-nest-app.js';
import { ADAPTERS, callTool, connect, ERAS, type TestApp } from '../support/app.js';
import { claimsOf } from '../support/door.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { ORDERS, startWorld, type World } from '../support/world.js';

const pause = () => sleep(Math.random() * 10);

const Ticket = checkedSlowly(pause);
type Ticket = { ticket: string };
type Raw = { user: McpNestUser };

class SlowTool {
  async answer({ ticket }: Ticket, { user }: Raw, identity: ExecutionIdentityEnvelope, orders: DelegatedFetch) {
    await pause();
    const shown = await (await orders(`/${ticket}`)).json();
    await pause();
    return {
      ticket,
      sub: identity.actor.sub,
      tenant: identity.actor.tenant,
      raw: user.sub,
      envelope: identity.meta.id,
      shown,
    };
  }
}

@McpController()
class SingleTools extends SlowTool {
  @Tool({ name: 'slow', parameters: Ticket })
  @ToolScopes(['orders:read'])
  slow(
    @Payload() input: Ticket,
    @McpRawRequest() raw: Raw,
    @Identity() identity: ExecutionIdentityEnvelope,
    @Delegated('orders_api') orders: DelegatedFetch,
  ) {
    return this.answer(input, raw, identity, orders);
  }
}

@McpController({ scope: Scope.REQUEST })
class ScopedTools extends SlowTool {
  @Tool({ name: 'slow_scoped', parameters: Ticket })
  @ToolScopes(['orders:read'])
  slow(
    @Payload() input: Ticket,
    @McpRawRequest() raw: Raw,
    @Identity() identity: ExecutionIdentityEnvelope,
    @Delegated('orders_api') orders: DelegatedFetch,
  ) {
    return this.answer(input, raw, identity, orders);
  }
}

const USERS = Array.from({ length: 10 }, (_, i) => ({ sub: `user-${i}`, tenant: i % 2 ? 'globex' : 'acme' }));
const CLIENTS = Array.from({ length: 20 }, (_, i) => USERS[i % 10]!);
/** Each client calls both tools. */
const CALLS = Array.from({ length: 50 }, (_, i) => ({
  ...CLIENTS[i % 20]!,
  ticket: `ticket-${i}`,
  tool: Math.floor(i / 20) % 2 ? 'slow_scoped' : 'slow',
}));

describe.each(ADAPTERS)('on %s', adapter => {
  let world: World;
  let api: Loopback;
  let shop: TestApp;

  beforeAll(async () => {
    world = await startWorld();
    api = await startLoopback((request, response) => {
      const shown = [request.headers.authorization!, request.headers['txn-token'] as string].map(token =>
        claimsOf(token),
      );
      void pause().then(() => response.end(JSON.stringify(shown.map(({ sub, tenant }) => `${sub} of ${tenant}`))));
    });
    const orders_api = {
      mode: 'on_behalf_of' as const,
      baseUrl: api.url,
      issuer: world.issuer,
      resource: ORDERS,
      scopes: ['orders:read'],
    };
    shop = await startMcpNest(world, {
      adapter,
      controllers: [SingleTools, ScopedTools],
      options: { targets: { orders_api } },
    });
    const append = shop.auditLog.append.bind(shop.auditLog);
    shop.auditLog.append = event => pause().then(() => append(event));
  });
  afterAll(async () => {
    await shop.close();
    await Promise.all([world.close(), api.close()]);
  });

  it.each(ERAS)('fifty calls of twenty clients in flight, each of its own user, with clients of %s', async era => {
    const from = shop.auditLog.events.length;
    const clients = await Promise.all(CLIENTS.map(({ sub }) => connect(shop.url, world.userToken({ sub }), era)));
    const answers = await Promise.all(CALLS.map(({ tool, ticket }, i) => callTool(clients[i % 20]!, tool, { ticket })));
    await Promise.all(clients.map(client => client.close()));

    answers.forEach(({ json }, i) => {
      const { sub, tenant, ticket } = CALLS[i]!;
      const shown = `${sub} of ${tenant}`;
      expect(json).toEqual({ ticket, sub, tenant, raw: sub, envelope: json.envelope, shown: [shown, shown] });
      const records = shop.auditLog.events.slice(from).filter(event => event.envelope_id === json.envelope);
      expect(records.map(({ type }) => type)).toEqual([
        'execution.intent',
        'delegation.intent',
        'delegation.outcome',
        'execution.outcome',
      ]);
      for (const record of records) expect(record).toMatchObject({ actor_sub: sub, tenant });
    });
    expect(new Set(answers.map(({ json }) => json.envelope)).size).toBe(CALLS.length);
  });
});
