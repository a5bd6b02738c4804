import { Controller, Get, Injectable } from '@nestjs/common';
import { IsString } from 'class-validator';
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
import { BILLING, ORDERS, startWorld, type World } from '../support/world.js';

class Target {
  @IsString() target: string;
}

@Injectable()
@ToolController()
class Tools {
  constructor(private readonly delegation: DelegationService) {}

  /** Declares one target, and lets the model name any. */
  @Tool({ name: 'call' })
  @Authenticated()
  @DelegatesTo('orders_api')
  async call(
    @ToolInput() { target }: Target,
    @Identity() identity: ExecutionIdentityEnvelope,
    @Delegated('orders_api') _orders: DelegatedFetch,
  ) {
    return (await this.delegation.for(identity, target)('/')).status;
  }
}

@Controller()
class Handlers {
  constructor(private readonly delegation: DelegationService) {}

  @Get('undeclared')
  @Authenticated()
  async undeclared(@Identity() identity: ExecutionIdentityEnvelope) {
    return (await this.delegation.for(identity, 'billing_api')('/')).status;
  }

  /** Another handler may call it: that is no right of this one. */
  @Get('declared')
  @Authenticated()
  @DelegatesTo('billing_api')
  declared() {}
}

describe.each(ADAPTERS)('on %s', adapter => {
  let world: World;
  let api: Loopback;
  let shop: TestApp;

  beforeAll(async () => {
    world = await startWorld();
    api = await startLoopback();
    const target = { mode: 'service_identity' as const, baseUrl: api.url, issuer: world.issuer };
    const targets = {
      orders_api: { ...target, resource: ORDERS, scopes: ['orders:read'] },
      billing_api: { ...target, resource: BILLING, scopes: ['billing:read'] },
    };
    shop = await startMcpApp(world, { adapter, providers: [Tools], controllers: [Handlers], options: { targets } });
  });
  afterAll(async () => {
    await shop.close();
    await Promise.all([world.close(), api.close()]);
  });

  const token = () => world.userToken({ scope: 'orders:read billing:read' });

  describe.each(ERAS)('with a client of %s', era => {
    it.each(['billing_api', 'toString', '__proto__', 'https://evil.test', ''])(
      'a configured or invented target that the tool does not declare (%j) is refused and recorded',
      async target => {
        const client = await connect(shop.url, token(), era);
        const [sent, minted] = [api.requests.length, world.minted.length];
        const answer = await callTool(client, 'call', { target });
        await client.close();
        expect(answer).toMatchObject({ isError: true, code: 'target_undeclared' });
        expect([api.requests.length, world.minted.length]).toEqual([sent, minted]);
        expect(shop.auditLog.last('delegation.refused')).toMatchObject({
          actor_sub: 'alice',
          handler: 'call',
          target,
          reason: 'target_undeclared',
          outcome: 'refused',
        });
      },
    );

    it('an invented name of any length is refused, and the record has its beginning', async () => {
      const client = await connect(shop.url, token(), era);
      const answer = await callTool(client, 'call', { target: '\u007f'.repeat(99_000) });
      await client.close();
      expect(answer).toMatchObject({ isError: true, code: 'target_undeclared' });
      expect(shop.auditLog.last('delegation.refused')).toMatchObject({ target: '\u007f'.repeat(256) });
    });

    it('the declared one is called', async () => {
      const client = await connect(shop.url, token(), era);
      expect(await callTool(client, 'call', { target: 'orders_api' })).toMatchObject({ isError: false, json: 200 });
      await client.close();
    });
  });

  it('an HTTP handler that declares no target reaches none', async () => {
    const sent = api.requests.length;
    const answer = await fetch(`${shop.url}/undeclared`, { headers: { authorization: `Bearer ${token()}` } });
    expect([answer.status, await answer.text()]).toEqual([500, expect.not.stringContaining('billing')]);
    expect(api.requests).toHaveLength(sent);
    expect(shop.auditLog.last('delegation.refused')).toMatchObject({
      handler: 'Handlers.undeclared',
      target: 'billing_api',
      reason: 'target_undeclared',
    });
  });
});
