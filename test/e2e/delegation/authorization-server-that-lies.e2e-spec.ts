import { type JWTPayload } from 'jose';
import { Delegated, type DelegatedFetch, RequireScopes, type TargetOptions } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { callTool, connect, startMcpApp, type TestApp } from '../../support/app.js';
import { type LyingIssuer, startLyingIssuer, tokenAnswer } from '../../support/lying-issuer.js';
import { type Loopback, startLoopback } from '../../support/loopback.js';
import { ORDERS, SERVER_CLIENT, startWorld, type World } from '../../support/world.js';

@ToolController()
class OrderTools {
  @Tool({ name: 'list_orders' })
  @RequireScopes('orders:read')
  async list(@Delegated('orders_api') orders: DelegatedFetch) {
    return (await orders('/orders')).status;
  }
}

describe('an authorization server that does not do what it was asked', () => {
  let world: World;
  let issuer: LyingIssuer;
  let api: Loopback;
  let app: TestApp;

  beforeAll(async () => {
    world = await startWorld();
    issuer = await startLyingIssuer();
    api = await startLoopback();
    const orders_api: TargetOptions = {
      mode: 'on_behalf_of',
      baseUrl: api.url,
      issuer: issuer.issuerOptions.issuer,
      resource: ORDERS,
      scopes: ['orders:read', 'orders:write'],
    };
    app = await startMcpApp(world, {
      providers: [OrderTools],
      options: { issuers: [issuer.issuerOptions], targets: { orders_api } },
    });
  });
  afterAll(async () => {
    await app?.close();
    await api?.close();
    await issuer?.close();
    await world?.close();
  });

  /** With a token of its own: what was exchanged for another is not used. */
  async function call(token?: string) {
    const client = await connect(app.url, token ?? (await issuer.freshToken()));
    const answer = await callTool(client, 'list_orders');
    await client.close();
    return answer;
  }

  const sound = { aud: ORDERS, scope: 'orders:read', act: { sub: SERVER_CLIENT }, client_id: SERVER_CLIENT };
  const granting = async (claims: JWTPayload, body: object = {}) => {
    issuer.answer = tokenAnswer({
      access_token: await issuer.sign({ ...sound, ...claims }),
      token_type: 'Bearer',
      issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      ...body,
    });
  };

  it('is believed when its token is what was asked for', async () => {
    await granting({});
    expect(await call()).toMatchObject({ isError: false, json: 200 });
    expect(api.requests).toHaveLength(1);
  });

  it.each<[lie: string, claims: JWTPayload, body: object]>([
    ['another audience', { aud: 'https://evil.test' }, {}],
    ['a second audience', { aud: [ORDERS, 'https://evil.test'] }, {}],
    ['a wider scope in the token', { scope: 'orders:read orders:write' }, {}],
    ['a wider scope in the answer', {}, { scope: 'orders:read orders:write' }],
    ['another subject', { sub: 'bob' }, {}],
    ['no actor', { act: undefined }, {}],
    ['another actor', { act: { sub: 'somebody-else' } }, {}],
    ['an actor chain that nobody sent', { act: { sub: SERVER_CLIENT, act: { sub: 'agent-7' } } }, {}],
    ['another issuer', { iss: 'https://evil.test' }, {}],
    ['an opaque token', {}, { access_token: 'opaque' }],
  ])(
    'is not believed when it returns %s: nothing is sent to the target, and it is on the audit log',
    async (_lie, claims, body) => {
      const before = api.requests.length;
      await granting(claims, body);
      expect(await call()).toMatchObject({ isError: true, code: 'delegated_token_refused' });
      expect(api.requests).toHaveLength(before);
      expect(app.auditLog.last('delegation.outcome')).toMatchObject({
        outcome: 'refused',
        reason: 'delegated_token_refused',
        actor_sub: 'alice',
        target: 'orders_api',
      });
    },
  );

  it('is not believed when it returns the very token it was given', async () => {
    const before = api.requests.length;
    issuer.answer = tokenAnswer({ access_token: issuer.userToken, token_type: 'Bearer' });
    expect(await call(issuer.userToken)).toMatchObject({ isError: true, code: 'delegated_token_refused' });
    expect(api.requests).toHaveLength(before);
  });

  it.each<[answer: string, code: string, outcome: string, set: () => void]>([
    [
      'invalid_grant',
      'delegation_reauthenticate',
      'refused',
      () => (issuer.answer = tokenAnswer({ error: 'invalid_grant' }, 400)),
    ],
    [
      'consent_required',
      'delegation_consent_required',
      'refused',
      () => (issuer.answer = tokenAnswer({ error: 'consent_required' }, 400)),
    ],
    [
      'invalid_target',
      'delegation_audience_unavailable',
      'refused',
      () => (issuer.answer = tokenAnswer({ error: 'invalid_target' }, 400)),
    ],
    [
      'access_denied',
      'delegation_denied',
      'refused',
      () => (issuer.answer = tokenAnswer({ error: 'access_denied' }, 403)),
    ],
    [
      'invalid_client',
      'delegation_misconfigured',
      'failed',
      () => (issuer.answer = tokenAnswer({ error: 'invalid_client' }, 401)),
    ],
    [
      'HTML',
      'delegation_unavailable',
      'failed',
      () =>
        (issuer.answer = (_request, response) =>
          response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Hello</h1>')),
    ],
    [
      '500',
      'delegation_unavailable',
      'failed',
      () => (issuer.answer = (_request, response) => response.writeHead(500).end()),
    ],
    [
      'a redirect',
      'delegation_unavailable',
      'failed',
      () => (issuer.answer = (_request, response) => response.writeHead(307, { location: api.url }).end()),
    ],
    [
      'nothing, closing the connection',
      'delegation_unavailable',
      'failed',
      () => (issuer.answer = request => request.destroy()),
    ],
  ])('that answers %s fails the tool with %s, and no other mode is tried', async (kind, code, outcome, set) => {
    const [calls, requests] = [api.requests.length, issuer.tokenRequests()];
    set();
    const answer = await call();
    expect(answer).toMatchObject({ isError: true, code });
    expect(answer.text).not.toContain('Hello');
    expect(api.requests).toHaveLength(calls);
    // Only an outage is retried.
    const isOutage = kind === '500' || kind === 'nothing, closing the connection';
    expect(issuer.tokenRequests()).toBe(requests + (isOutage ? 2 : 1));
    expect(app.auditLog.last('delegation.outcome')).toMatchObject({ outcome, reason: code });
    expect(app.auditLog.last('execution.outcome')).toMatchObject({ outcome: 'failed', reason: code });
  });
});
