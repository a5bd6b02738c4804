import { decodeJwt } from 'jose';
import { Controller, Get } from '@nestjs/common';
import { Delegated, type DelegatedFetch, RequireScopes } from 'nestjs-eie';
import { startApp, type TestApp } from '../../support/app.js';
import { invoicesTarget } from '../../support/orders.js';
import { type Loopback, startLoopback } from '../../support/loopback.js';
import { INVOICES, SERVER_CLIENT, startWorld, type World } from '../../support/world.js';

@Controller('invoice')
class InvoiceController {
  @Get()
  @RequireScopes('invoices:read')
  async invoice(@Delegated('invoices_api') invoices: DelegatedFetch) {
    return { status: (await invoices('/2026/1')).status };
  }
}

describe('an external target called with a restricted token of the user', () => {
  let world: World;
  let invoices: Loopback;
  let app: TestApp;

  beforeAll(async () => {
    world = await startWorld();
    invoices = await startLoopback();
    app = await startApp(world, {
      controllers: [InvoiceController],
      options: { targets: { invoices_api: invoicesTarget(world, invoices.url) } },
    });
  });
  afterAll(async () => {
    await app?.close();
    await invoices?.close();
    await world?.close();
  });

  async function get(changes: Parameters<World['userToken']>[0]) {
    const token = world.userToken({ scope: 'invoices:read orders:write', ...changes });
    const response = await fetch(`${app.url}/invoice`, { headers: { authorization: `Bearer ${token}` } });
    expect(await response.json()).toEqual({ status: 200 });
    const headers = invoices.requests.at(-1)!.headers;
    return { token, headers, access: decodeJwt(headers.authorization!.slice(7)) };
  }

  it('gets the user alone, for that one audience and scope, and never the token that came in', async () => {
    const { token, headers, access } = await get({});
    expect(headers.authorization).not.toContain(token);
    expect(access).toMatchObject({ sub: 'alice', aud: INVOICES, scope: 'invoices:read', client_id: SERVER_CLIENT });
    expect(access).not.toHaveProperty('act');
  });

  it('gets the inbound agent chain unchanged, without this server in it', async () => {
    const { access } = await get({ clientId: 'assistant' });
    expect(access.act).toMatchObject({ sub: 'agent-assistant' });
    expect(JSON.stringify(access.act)).not.toContain(SERVER_CLIENT);
  });

  it('gets no Txn-Token, since it is outside the trust domain, but a traceparent', async () => {
    const { headers } = await get({});
    expect(headers).not.toHaveProperty('txn-token');
    expect(headers.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-02$/);
    expect(headers.traceparent).toContain(app.auditLog.last('delegation.outcome').trace_id);
  });

  it('works on a plain HTTP handler as it does on a tool, and is recorded under Class.method', async () => {
    await get({});
    expect(app.auditLog.last('delegation.outcome')).toMatchObject({
      handler: 'InvoiceController.invoice',
      delegation_mode: 'restricted_user',
      delegation_requested: 'impersonation',
      delegation_effective: 'impersonation',
      actor_sub: 'alice',
    });
  });
});
