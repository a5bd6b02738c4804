import { MCP_ERAS, startTestApp, type TestApp } from 'nestjs-eie/testing';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { AppModule } from './app.module.js';

const alice = { sub: 'alice', scopes: ['orders:read'], agent: 'desk-agent' };

describe('get_order', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp(AppModule);
  });
  afterAll(() => app?.close());
  beforeEach(() => {
    app.audit.clear();
    app.target('orders_api').clear();
    app.target('orders_api').reply({ json: { status: 'shipped' } });
  });

  it.each(MCP_ERAS)('answers a client of %s, and asks the API for its user', async era => {
    const answer = await app.as(alice).callTool('get_order', { id: '7' }, { era });
    expect(answer).toMatchObject({ status: 200, json: { status: 'shipped' } });
    expect(app.target('orders_api').calls).toMatchObject([{ path: '/orders/7', sub: 'alice' }]);
  });

  it('refuses who may not read orders, and whoever brings no token', async () => {
    const call = { name: 'get_order', input: { id: '7' } };
    expect((await app.as({ ...alice, scopes: [] }).callTool(call.name, call.input)).status).toBe(403);
    expect((await app.anonymous().callTool(call.name, call.input)).status).toBe(401);
    expect(app.target('orders_api').calls).toEqual([]);
  });

  it('refuses a token that has expired', async () => {
    expect((await app.as({ ...alice, expiresIn: -10 }).callTool('get_order', { id: '7' })).status).toBe(401);
  });

  it('says that the API has no such order', async () => {
    app.target('orders_api').clear();
    app.target('orders_api').reply({ status: 404, json: { error: 'not_found' } });
    const answer = await app.as(alice).callTool('get_order', { id: '8' });
    expect(answer).toMatchObject({ isError: true, code: 'target_failed' });
  });

  it('records the user, the agent and the outcome', async () => {
    await app.as(alice).callTool('get_order', { id: '7' });
    const outcome = await app.audit.waitFor({ type: 'execution.outcome', handler: 'get_order' });
    expect(outcome).toMatchObject({ actor_sub: 'alice', agent_id: 'desk-agent', outcome: 'ok' });
  });
});
