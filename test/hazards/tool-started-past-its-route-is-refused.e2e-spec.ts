import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import { ROUTE_ARGS_METADATA } from '@nestjs/common/constants.js';
import { ExternalContextCreator } from '@nestjs/core';
import { Authenticated, type ExecutionIdentityEnvelope, Identity } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { ADAPTERS, callTool, connect, startMcpApp, type TestApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

let ran = 0;
let genuineCall: object | undefined;

const Call = createParamDecorator((_data: undefined, context: ExecutionContext) => context.getArgByIndex<object>(0));

@ToolController()
class Tools {
  @Tool({ name: 'one' })
  @Authenticated()
  one(@Identity('actor.sub') sub: string, @Call() call: object) {
    ran++;
    genuineCall = call;
    return sub;
  }

  @Tool({ name: 'other' })
  @Authenticated()
  other(@Identity() identity: ExecutionIdentityEnvelope) {
    ran++;
    return identity.actor.sub;
  }
}

describe.each(ADAPTERS)('on %s', adapter => {
  let world: World;
  let shop: TestApp;

  beforeAll(async () => {
    world = await startWorld();
    shop = await startMcpApp(world, { adapter, providers: [Tools] });
  });
  afterAll(() => Promise.all([shop.close(), world.close()]));
  beforeEach(async () => {
    const client = await connect(shop.url, world.userToken());
    await callTool(client, 'one');
    await client.close();
    ran = 0;
  });

  /** Runs a tool's pipeline as any code of the application could. */
  const start = (method: 'one' | 'other', call: unknown, type: string, interceptors = true) => {
    const tools = shop.app.get(Tools);
    const contexts = shop.app.get(ExternalContextCreator, { strict: false });
    const parts = { guards: true, interceptors, filters: false };
    return contexts.create(
      tools,
      tools[method] as never,
      method,
      ROUTE_ARGS_METADATA,
      { exchangeKeyForValue: () => null },
      undefined,
      undefined,
      parts,
      type,
    )(call, {});
  };
  const ALICE = { actor: { type: 'user', issuer: 'https://as.test', sub: 'alice' } };

  it.each([
    ['an empty call', () => ({})],
    ['a call that says who it is for', () => ({ tool: 'one', user: ALICE, identity: ALICE, admitted: ALICE })],
    ['a copy of a genuine call', () => ({ ...genuineCall })],
    ['an object whose prototype is a genuine call', () => Object.create(genuineCall!)],
  ])('%s runs nothing', async (_what, call) => {
    await expect(start('one', call(), 'mcp')).rejects.toMatchObject({ cause: { code: 'decision_missing' } });
    expect(ran).toBe(0);
    expect(shop.auditLog.last('authorization.refused')).toMatchObject({
      reason: 'decision_missing',
      handler: 'Tools.one',
      actor_sub: null,
    });
  });

  it.each([true, false])(
    'a decision that has started its tool starts it no second time (with interceptors: %p)',
    async interceptors => {
      const client = await connect(shop.url, world.userToken());
      await callTool(client, 'one');
      await client.close();
      ran = 0;
      await expect(start('one', genuineCall, 'mcp', interceptors)).rejects.toMatchObject({
        cause: { code: 'decision_missing' },
      });
      expect(ran).toBe(0);
    },
  );

  it('a decision for one tool does not open another', async () => {
    await expect(start('other', genuineCall, 'mcp')).rejects.toMatchObject({ cause: { code: 'decision_missing' } });
    expect(ran).toBe(0);
  });

  it.each(['rpc', 'ws', 'graphql', 'mpc'])(
    'a handler of the kind %s, which nobody protects, is refused',
    async type => {
      await expect(start('one', genuineCall, type)).rejects.toMatchObject({ cause: { code: 'unsupported_context' } });
      expect(ran).toBe(0);
      expect(shop.auditLog.last('authorization.refused')).toMatchObject({
        reason: 'unsupported_context',
        actor_sub: null,
      });
    },
  );
});
