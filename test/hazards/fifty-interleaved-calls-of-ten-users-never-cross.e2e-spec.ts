import { setTimeout as sleep } from 'node:timers/promises';
import { Controller, Get, Injectable, Param, Scope } from '@nestjs/common';
import { IsString, ValidateBy } from 'class-validator';
import {
  Authenticated,
  Delegated,
  type DelegatedFetch,
  DelegatesTo,
  DelegationService,
  type ExecutionIdentityEnvelope,
  Identity,
} from 'nestjs-eie';
import { Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { ADAPTERS, callTool, connect, ERAS, startMcpApp, type TestApp } from '../support/app.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { ORDERS, startWorld, type World } from '../support/world.js';

const pause = (most = 10) => sleep(Math.random() * most);

/** A check that takes its time lets other calls in between the decision and the tool. */
const Slowly = () =>
  ValidateBy({ name: 'slowly', async: true, validator: { validate: () => pause(5).then(() => true) } });

class Ticket {
  @IsString() @Slowly() ticket: string;
}

/** One for the whole application: what it kept of one call, the next would see. */
@Injectable()
class DeepService {
  constructor(private readonly delegation: DelegationService) {}

  async ask(identity: ExecutionIdentityEnvelope, ticket: string) {
    await pause();
    return (await this.delegation.for(identity, 'orders_api')(`/deep/${ticket}`)).json();
  }
}

@ToolController()
class Tools {
  constructor(private readonly deep: DeepService) {}

  @Tool({ name: 'slow' })
  @Authenticated()
  @DelegatesTo('orders_api')
  async slow(
    @ToolInput() { ticket }: Ticket,
    @Delegated('orders_api') orders: DelegatedFetch,
    @Identity() identity: ExecutionIdentityEnvelope,
    @Identity('actor.sub') sub: string,
  ) {
    await pause();
    const first = await (await orders(`/first/${ticket}`)).json();
    await pause();
    return {
      ticket,
      sub,
      tenant: identity.actor.tenant,
      envelope: identity.meta.id,
      first,
      deep: await this.deep.ask(identity, ticket),
    };
  }
}

@ToolController()
@Injectable({ scope: Scope.REQUEST })
class ScopedTools extends Tools {
  constructor(deep: DeepService) {
    super(deep);
  }

  @Tool({ name: 'slow_scoped' })
  @Authenticated()
  override async slow(
    @ToolInput() input: Ticket,
    @Delegated('orders_api') orders: DelegatedFetch,
    @Identity() identity: ExecutionIdentityEnvelope,
    @Identity('actor.sub') sub: string,
  ) {
    return super.slow(input, orders, identity, sub);
  }
}

@Controller('slow')
class Handlers {
  constructor(private readonly tools: Tools) {}

  @Get(':ticket')
  @Authenticated()
  slow(
    @Param('ticket') ticket: string,
    @Delegated('orders_api') orders: DelegatedFetch,
    @Identity() identity: ExecutionIdentityEnvelope,
    @Identity('actor.sub') sub: string,
  ) {
    return this.tools.slow({ ticket }, orders, identity, sub);
  }
}

const claims = (token: string) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());
const USERS = Array.from({ length: 10 }, (_, i) => ({ sub: `user-${i}`, tenant: i % 2 ? 'globex' : 'acme' }));
/** Each user calls both tools. */
const CALLS = Array.from({ length: 50 }, (_, i) => ({
  ...USERS[i % 10]!,
  ticket: `ticket-${i}`,
  tool: Math.floor(i / 10) % 2 ? 'slow_scoped' : 'slow',
}));

describe.each(ADAPTERS)('on %s', adapter => {
  let world: World;
  let api: Loopback;
  let shop: TestApp;

  beforeAll(async () => {
    world = await startWorld();
    // The API answers with the identities that it was shown.
    api = await startLoopback((request, response) => {
      const shown = [request.headers.authorization!, request.headers['txn-token'] as string].map(token =>
        claims(token),
      );
      void pause().then(() =>
        response.end(
          JSON.stringify({ subs: shown.map(one => one.sub), tenants: shown.map(one => one.tenant), txn: shown[1].txn }),
        ),
      );
    });
    const orders_api = {
      mode: 'on_behalf_of' as const,
      baseUrl: api.url,
      issuer: world.issuer,
      resource: ORDERS,
      scopes: ['orders:read'],
    };
    shop = await startMcpApp(world, {
      adapter,
      providers: [DeepService, Tools, ScopedTools],
      controllers: [Handlers],
      options: { targets: { orders_api } },
    });
    // So does a log, between each two steps of one call.
    const append = shop.auditLog.append.bind(shop.auditLog);
    shop.auditLog.append = event => pause(2).then(() => append(event));
  });
  afterAll(async () => {
    await shop.close();
    await Promise.all([world.close(), api.close()]);
  });

  /** Every answer, every request at the API and every record of the audit log carries the user who made the call. */
  function expectNoCrossing(answers: any[], from: number): void {
    answers.forEach((answer, i) => {
      const { sub, tenant, ticket } = CALLS[i]!;
      const shown = { subs: [sub, sub], tenants: [tenant, tenant], txn: answer.envelope };
      expect(answer).toEqual({ ticket, sub, tenant, envelope: answer.envelope, first: shown, deep: shown });
      const records = shop.auditLog.events.slice(from).filter(event => event.envelope_id === answer.envelope);
      expect(records.map(({ type }) => type)).toEqual([
        'execution.intent',
        'delegation.intent',
        'delegation.outcome',
        'delegation.intent',
        'delegation.outcome',
        'execution.outcome',
      ]);
      for (const record of records) expect(record).toMatchObject({ actor_sub: sub, tenant });
    });
    expect(new Set(answers.map(answer => answer.envelope)).size).toBe(CALLS.length);
  }

  it.each(ERAS)('fifty tool calls in flight, each of its own user, with clients of %s', async era => {
    const from = shop.auditLog.events.length;
    const clients = await Promise.all(USERS.map(({ sub }) => connect(shop.url, world.userToken({ sub }), era)));
    const answers = await Promise.all(CALLS.map(({ tool, ticket }, i) => callTool(clients[i % 10]!, tool, { ticket })));
    await Promise.all(clients.map(client => client.close()));
    expectNoCrossing(
      answers.map(({ json }) => json),
      from,
    );
  });

  it('fifty HTTP requests in flight over kept connections, each of its own user', async () => {
    const from = shop.auditLog.events.length;
    const answers = await Promise.all(
      CALLS.map(async ({ sub, ticket }) =>
        (
          await fetch(`${shop.url}/slow/${ticket}`, {
            headers: { authorization: `Bearer ${world.userToken({ sub })}` },
          })
        ).json(),
      ),
    );
    expectNoCrossing(answers, from);
  });
});
