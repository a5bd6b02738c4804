import { Body, Controller, createParamDecorator, type ExecutionContext, Post } from '@nestjs/common';
import { IsObject, IsOptional, IsString } from 'class-validator';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import {
  Authenticated,
  DataSubject,
  Delegated,
  type DelegatedFetch,
  type ExecutionIdentityEnvelope,
  Identity,
} from 'nestjs-eie';
import { Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { ADAPTERS, callTool, connect, ERAS, startMcpApp, type TestApp } from '../support/app.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { ORDERS, startWorld, type World } from '../support/world.js';

/** The decorator that Nest's own documentation recommends. */
const CurrentUser = createParamDecorator(
  (_data: unknown, context: ExecutionContext) => context.switchToHttp().getRequest().user,
);

const reason = 'Somebody whom the call is about; the tool acts for its caller all the same.';

/** A tool may well have inputs of these names: they are data, and each says so. */
class Claimed {
  @DataSubject({ reason }) @IsOptional() @IsString() sub?: string;
  @DataSubject({ reason }) @IsOptional() @IsString() user_id?: string;
  @DataSubject({ reason }) @IsOptional() @IsString() tenant?: string;
  @DataSubject({ reason }) @IsOptional() @IsString() on_behalf_of?: string;
  @DataSubject({ reason, freeForm: true }) @IsOptional() @IsObject() actor?: object;
  @DataSubject({ reason, freeForm: true }) @IsOptional() @IsObject() identity?: object;
}

const IDENTITIES = {
  sub: 'bob',
  user_id: 'bob',
  tenant: 'globex',
  on_behalf_of: 'bob',
  actor: { type: 'user', sub: 'bob', tenant: 'globex' },
  identity: { actor: { sub: 'bob' } },
};
const HEADERS = {
  'x-actor-sub': 'bob',
  'x-user-id': 'bob',
  'x-forwarded-user': 'bob',
  'x-tenant': 'globex',
  'x-agent-id': 'evil',
  actor: 'bob',
  baggage: 'user_id=bob,tenant=globex',
};

const who = (identity: ExecutionIdentityEnvelope, stock: ExecutionIdentityEnvelope) => ({
  sub: identity.actor.sub,
  tenant: identity.actor.tenant,
  agent: identity.agent.id,
  stock: stock.actor.sub,
});
const ALICE = { sub: 'alice', tenant: 'acme', agent: 'agent-desk-copilot', stock: 'alice' };

let executed = 0;

@ToolController()
class Tools {
  @Tool({ name: 'whoami' })
  @Authenticated()
  async whoami(
    @ToolInput() input: Claimed,
    @Identity() identity: ExecutionIdentityEnvelope,
    @CurrentUser() stock: ExecutionIdentityEnvelope,
    @Delegated('orders_api') orders: DelegatedFetch,
  ) {
    executed++;
    await orders('/whoami');
    return { ...who(identity, stock), input: input.sub };
  }
}

@Controller()
class Handlers {
  @Post('whoami')
  @Authenticated()
  whoami(
    @Body() _input: Claimed,
    @Identity() identity: ExecutionIdentityEnvelope,
    @CurrentUser() stock: ExecutionIdentityEnvelope,
  ) {
    return who(identity, stock);
  }
}

describe.each(ADAPTERS)('on %s', adapter => {
  let world: World;
  let api: Loopback;
  let shop: TestApp;

  beforeAll(async () => {
    world = await startWorld();
    api = await startLoopback();
    const orders_api = {
      mode: 'on_behalf_of' as const,
      baseUrl: api.url,
      issuer: world.issuer,
      resource: ORDERS,
      scopes: ['orders:read'],
    };
    shop = await startMcpApp(world, {
      adapter,
      providers: [Tools],
      controllers: [Handlers],
      options: { targets: { orders_api } },
    });
  });
  afterAll(async () => {
    await shop.close();
    await Promise.all([world.close(), api.close()]);
  });

  const claims = (token: string) => JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString());

  describe.each(ERAS)('with a client of %s', era => {
    it('arguments that name another user change nothing about who acts, anywhere', async () => {
      const client = await connect(shop.url, world.userToken(), era);
      expect((await callTool(client, 'whoami', IDENTITIES)).json).toEqual({ ...ALICE, input: 'bob' });
      await client.close();

      expect(shop.auditLog.last('execution.intent')).toMatchObject({
        actor_sub: 'alice',
        tenant: 'acme',
        agent_id: 'agent-desk-copilot',
      });
      const { authorization, 'txn-token': txnToken } = api.requests.at(-1)!.headers;
      expect(claims(authorization!)).toMatchObject({ sub: 'alice', tenant: 'acme' });
      expect(claims(txnToken as string)).toMatchObject({ sub: 'alice', tenant: 'acme' });
    });

    it("_meta, the client's own name and headers that name another user change nothing either", async () => {
      const client = new Client(
        { name: 'bob', version: 'evil' },
        era === '2026-07-28' ? { versionNegotiation: { mode: 'auto' } } : {},
      );
      const headers = {
        ...HEADERS,
        authorization: `Bearer ${world.userToken()}`,
        'txn-token': world.userToken({ sub: 'bob' }),
      };
      await client.connect(new StreamableHTTPClientTransport(new URL('/mcp', shop.url), { requestInit: { headers } }));
      const result = await client.callTool({
        name: 'whoami',
        arguments: {},
        _meta: { ...IDENTITIES, 'io.shop/actor': 'bob', user: { sub: 'bob' } },
      });
      await client.close();
      expect(JSON.parse((result.content as { text: string }[])[0]!.text)).toEqual(ALICE);
      expect(shop.auditLog.last('execution.outcome')).toMatchObject({
        actor_sub: 'alice',
        agent_id: 'agent-desk-copilot',
        client_id: 'desk-copilot',
      });
    });

    it.each([
      ['role', { role: 'admin' }],
      ['__eie', { __eie: { actor: { sub: 'bob' } } }],
      ['actor_sub', { actor_sub: 'bob' }],
    ])(
      'an argument that the tool does not know (%s) is refused and recorded, and the tool does not run',
      async (_name, unknown) => {
        const client = await connect(shop.url, world.userToken(), era);
        const [before, records] = [executed, shop.auditLog.decisions.length];
        const refused = await callTool(client, 'whoami', unknown).then(
          answer => answer.isError,
          () => true,
        );
        await client.close();
        expect(refused).toBe(true);
        expect(executed).toBe(before);
        expect(shop.auditLog.decisions.slice(records)).toEqual([
          expect.objectContaining({
            type: 'input.refused',
            actor_sub: 'alice',
            handler: 'whoami',
            reason: 'input_invalid',
          }),
        ]);
      },
    );
  });

  it('a plain HTTP handler acts for the user of the token, whatever the body and the headers say', async () => {
    const answer = await fetch(`${shop.url}/whoami?user_id=bob&sub=bob`, {
      method: 'POST',
      headers: { ...HEADERS, 'content-type': 'application/json', authorization: `Bearer ${world.userToken()}` },
      body: JSON.stringify({ ...IDENTITIES, user: { sub: 'bob' } }),
    });
    expect(await answer.json()).toEqual(ALICE);
  });
});
