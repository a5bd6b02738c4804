import { Controller, Get, Injectable } from '@nestjs/common';
import { IsOptional, IsString } from 'class-validator';
import {
  type AuditEvent,
  Authenticated,
  Delegated,
  type DelegatedFetch,
  DelegationService,
  type ExecutionIdentityEnvelope,
  Identity,
  RequireScopes,
} from 'nestjs-eie';
import { Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { ADAPTERS, callTool, connect, ERAS, startMcpApp, type TestApp } from '../support/app.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { BILLING, startWorld, type World } from '../support/world.js';

let ran = 0;
let onRun: () => void = () => undefined;

class Input {
  @IsOptional() @IsString() note?: string;
}

@ToolController()
class Tools {
  @Tool({ name: 'act' })
  @Authenticated()
  async act(@ToolInput() _input: Input, @Delegated('billing_api') billing: DelegatedFetch) {
    ran++;
    onRun();
    return (await billing('/')).status;
  }

  @Tool({ name: 'write' })
  @RequireScopes('orders:write')
  write() {
    ran++;
  }
}

@Injectable()
@Controller()
class Handlers {
  constructor(private readonly delegation: DelegationService) {}

  @Get('act')
  @Authenticated()
  act(@Identity() _identity: ExecutionIdentityEnvelope) {
    ran++;
    onRun();
    return { done: true };
  }

  @Get('write')
  @RequireScopes('orders:write')
  write() {
    ran++;
  }

  forge() {
    return this.delegation.for({} as never, 'billing_api')('/');
  }
}

describe.each(ADAPTERS)('on %s', adapter => {
  let world: World;
  let api: Loopback;
  let shop: TestApp;

  beforeAll(async () => {
    world = await startWorld();
    api = await startLoopback();
    const billing_api = {
      mode: 'service_identity' as const,
      baseUrl: api.url,
      issuer: world.issuer,
      resource: BILLING,
      scopes: ['billing:read'],
    };
    shop = await startMcpApp(world, {
      adapter,
      providers: [Tools],
      controllers: [Handlers],
      options: { targets: { billing_api } },
    });
  });
  afterAll(async () => {
    await shop.close();
    await Promise.all([world.close(), api.close()]);
  });
  beforeEach(() => {
    shop.auditLog.broken = false;
    onRun = () => undefined;
    ran = 0;
    api.requests.length = 0;
  });

  const token = () => world.userToken({ scope: 'billing:read' });
  const get = (path: string, authorization = `Bearer ${token()}`) =>
    fetch(`${shop.url}/${path}`, { headers: { authorization } });

  it('an HTTP handler does not run, and the answer is 503', async () => {
    shop.auditLog.broken = true;
    const answer = await get('act');
    expect([answer.status, await answer.text()]).toEqual([503, '{"statusCode":503,"message":"Service Unavailable"}']);
    expect(ran).toBe(0);
  });

  it.each([
    ['refused token', 'act', 'Bearer forged'],
    ['missing scope', 'write', undefined],
  ])('a %s that cannot be recorded is 503 too: no refusal is unseen', async (_what, path, authorization) => {
    shop.auditLog.broken = true;
    const answer = await get(path, authorization);
    expect(answer.status).toBe(503);
    expect(answer.headers.get('www-authenticate')).toBeNull();
    expect(ran).toBe(0);
  });

  it('what is not an identity is refused by the delegation service all the same', async () => {
    shop.auditLog.broken = true;
    await expect(shop.app.get(Handlers).forge()).rejects.toMatchObject({ code: 'audit_unavailable' });
    expect(api.requests).toEqual([]);
  });

  it('a handler that has run keeps its answer when only its outcome cannot be recorded', async () => {
    onRun = () => (shop.auditLog.broken = true);
    expect((await get('act')).status).toBe(200);
    expect(ran).toBe(1);
  });

  describe.each(ERAS)('with a client of %s', era => {
    it('a tool does not run, and the client is told why', async () => {
      const client = await connect(shop.url, token(), era);
      shop.auditLog.broken = true;
      expect(await callTool(client, 'act')).toMatchObject({ isError: true, code: 'audit_unavailable' });
      expect([ran, api.requests.length]).toEqual([0, 0]);
      await client.close();
    });

    it('a downstream call is not made when its intent cannot be recorded', async () => {
      const client = await connect(shop.url, token(), era);
      onRun = () => (shop.auditLog.broken = true);
      expect(await callTool(client, 'act')).toMatchObject({ isError: true, code: 'audit_unavailable' });
      expect([ran, api.requests.length]).toEqual([1, 0]);
      await client.close();
    });

    it('a tool whose refusal cannot be recorded does not run', async () => {
      const client = await connect(shop.url, token(), era);
      shop.auditLog.broken = true;
      const refused = await callTool(client, 'write').then(
        answer => answer.isError,
        () => true,
      );
      expect([refused, ran]).toEqual([true, 0]);
      await client.close();
    });

    it('input that cannot be recorded as refused does not reach the tool', async () => {
      const client = await connect(shop.url, token(), era);
      shop.auditLog.broken = true;
      const refused = await callTool(client, 'act', { note: 7 }).then(
        answer => answer.isError,
        () => true,
      );
      expect([refused, ran]).toEqual([true, 0]);
      await client.close();
    });
  });

  it('calls run again once the log can be written', async () => {
    shop.auditLog.broken = true;
    await get('act');
    shop.auditLog.broken = false;
    const from = shop.auditLog.events.length;
    expect((await get('act')).status).toBe(200);
    expect(shop.auditLog.events.slice(from).map(({ type }: AuditEvent) => type)).toEqual([
      'execution.intent',
      'execution.outcome',
    ]);
  });
});
