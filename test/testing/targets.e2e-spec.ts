import { startTestApp, type TestApp } from 'nestjs-eie/testing';
import { AppModule } from './shop.js';

const scopes = ['orders:read', 'billing:read', 'invoices:read'];
const alice = { sub: 'alice', tenant: 'acme', scopes };

describe('a fake target', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp(AppModule);
  });
  afterEach(() => {
    for (const name of ['orders_api', 'billing_api', 'invoices_api']) app.target(name).clear();
  });
  afterAll(() => app.close());

  it('answers as told, and keeps who has called', async () => {
    const orders = app.target('orders_api').reply({ json: { status: 'shipped' } });
    const answer = await app.as({ ...alice, agent: 'desk-agent' }).callTool('get_order', { id: 'A 7' });
    expect(answer.json).toEqual({ status: 'shipped' });
    expect(orders.calls).toHaveLength(1);
    const [call] = orders.calls;
    expect(call).toMatchObject({ method: 'GET', path: '/api/orders/A%207', sub: 'alice', scopes: ['Orders.Read'] });
    expect(call!.identity).toMatchObject({
      actor: { sub: 'alice', tenant: 'acme' },
      agent: { id: 'desk-agent' },
      delegation: { mode: 'on_behalf_of' },
    });
  });

  it('keeps no credential of a call', async () => {
    const orders = app.target('orders_api').reply({ json: {} });
    await app.as(alice).callTool('get_order', { id: '1' });
    expect(JSON.stringify(orders.calls)).not.toMatch(/eyJ|bearer/i);
  });

  it('refuses a call without the sealed envelope, and one without the access token', async () => {
    const orders = app.target('orders_api').reply({ json: {} });
    const token = await (await app.issuer()).token({ sub: 'alice', tenant: 'acme', audience: 'orders-api' });
    const direct = (headers: Record<string, string>) => fetch(`${orders.url}/api/orders/1`, { headers });
    expect((await direct({ authorization: `Bearer ${token}` })).status).toBe(401);
    expect((await direct({ 'txn-token': token })).status).toBe(401);
    expect((await direct({ authorization: `Bearer ${token}`, 'txn-token': token })).status).toBe(401);
    expect(orders.calls).toEqual([]);
    expect(orders.refused.map(({ code }) => code)).toEqual([
      'txn_token_missing',
      'credentials_missing',
      'txn_token_invalid',
    ]);
  });

  it('at which the server calls for itself sees the server, and for whom it calls', async () => {
    const billing = app.target('billing_api').reply({ json: { balance: 1 } });
    expect((await app.as(alice).callTool('balance')).json).toEqual({ balance: 1 });
    expect(billing.calls[0]!.identity).toMatchObject({
      actor: { sub: 'alice' },
      delegation: { mode: 'service_identity' },
    });
  });

  it('outside of the trust domain gets the access token of the user, and no envelope', async () => {
    const invoices = app.target('invoices_api').reply({ json: [] });
    expect((await app.as(alice).callTool('invoices')).isError).toBe(false);
    expect(invoices.calls[0]).toMatchObject({ sub: 'alice', identity: undefined, scopes: ['invoices:read'] });
    expect((await fetch(invoices.url)).status).toBe(401);
  });

  it('fails for whoever calls it before it is told what to answer', async () => {
    const answer = await app.as(alice).callTool('get_order', { id: '1' });
    expect(answer.isError).toBe(true);
    expect(app.target('orders_api').calls).toHaveLength(1);
  });

  it('answers one call differently, and fails as an API does', async () => {
    app
      .target('orders_api')
      .reply({ json: { ok: true } })
      .replyOnce({ status: 404, json: {} });
    expect(await app.as(alice).callTool('get_order', { id: '1' })).toMatchObject({
      isError: true,
      code: 'target_failed',
    });
    expect((await app.as(alice).callTool('get_order', { id: '1' })).json).toEqual({ ok: true });
  });

  it('that is not configured is a mistake of the test', () => {
    expect(() => app.target('unknown_api')).toThrow(/it has orders_api, billing_api, invoices_api/);
  });

  it('is not called at all where the authorization server is down', async () => {
    const server = await app.issuer();
    try {
      server.fail({ token: 503 });
      const answer = await app.as({ ...alice, sub: 'carol' }).callTool('get_order', { id: '1' });
      expect(answer).toMatchObject({ isError: true, code: 'delegation_unavailable' });
      expect(app.target('orders_api').calls).toEqual([]);
    } finally {
      server.mend();
    }
  });
});
