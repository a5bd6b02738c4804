import { randomUUID } from 'node:crypto';
import { type JWTPayload } from 'jose';
import { type DelegatedFetch, IdentityRevocation, type TargetOptions } from 'nestjs-eie';
import { type DelegatingApp, startDelegating } from '../../support/delegating-app.js';
import { type LyingIssuer, startLyingIssuer, tokenAnswer } from '../../support/lying-issuer.js';
import { type Loopback, startLoopback } from '../../support/loopback.js';
import { type SoundAnswers, soundAnswers } from '../../support/sound-answers.js';
import { BILLING, MCP, ORDERS, startWorld, type World } from '../../support/world.js';

const call = async (target: DelegatedFetch) => (await target('/')).status;

describe('the token of a target', () => {
  let world: World;
  let issuer: LyingIssuer;
  let api: Loopback;
  let app: DelegatingApp;
  let answers: SoundAnswers;
  let now: number;

  beforeAll(async () => {
    world = await startWorld();
    api = await startLoopback();
  });
  afterAll(() => Promise.all([world.close(), api.close()]));

  beforeEach(async () => {
    now = Date.now();
    issuer = await startLyingIssuer();
    issuer.answer = answers = soundAnswers(issuer);
    const target: TargetOptions = {
      mode: 'on_behalf_of',
      baseUrl: api.url,
      issuer: issuer.issuerOptions.issuer,
      resource: ORDERS,
      scopes: ['orders:read', 'orders:write'],
    };
    const targets = {
      orders_api: target,
      stock_api: target,
      billing_api: { ...target, mode: 'service_identity' as const, resource: BILLING },
    };
    app = await startDelegating(world, {
      options: {
        ports: { clock: () => now },
        issuers: [{ ...issuer.issuerOptions, tenants: ['acme', 'globex'] }],
        targets,
      },
    });
    api.requests.length = 0;
  });
  afterEach(async () => {
    await app.close();
    await issuer.close();
  });

  const login = (claims: JWTPayload = {}) =>
    issuer.sign({ aud: MCP, tenant: 'acme', scope: 'orders:read', jti: randomUUID(), ...claims });
  const sent = () => new Set(api.requests.map(({ headers }) => headers.authorization));
  /** Lets the token endpoint answer when the test says so. */
  function hold(answer = issuer.answer) {
    let release = (): void => {};
    const released = new Promise<void>(resolve => (release = resolve));
    const reached = new Promise<void>(resolve => {
      issuer.answer = (request, response) => (resolve(), void released.then(() => answer(request, response)));
    });
    return { reached, release };
  }

  it('is asked for once, however often the same user calls through the same agent with the same token', async () => {
    const token = await login();
    for (let i = 0; i < 3; i++) expect(await app.as(token, call)).toBe(200);
    expect([answers.asked.length, api.requests.length, sent().size]).toEqual([1, 3, 1]);
  });

  it('is asked for once by fifty calls at the same time', async () => {
    const [token, { reached, release }] = [await login(), hold()];
    const calls = Array.from({ length: 50 }, () => app.as(token, call));
    await Promise.all([reached, app.begun(50)]);
    release();
    expect(await Promise.all(calls)).toEqual(Array(50).fill(200));
    expect([answers.asked.length, api.requests.length, sent().size]).toEqual([1, 50, 1]);
  });

  it.each<[of: string, claims: JWTPayload, target: string]>([
    ['another user', { sub: 'bob' }, 'orders_api'],
    ['a user of that name in another tenant', { tenant: 'globex' }, 'orders_api'],
    ['another client', { client_id: 'assistant' }, 'orders_api'],
    ['another agent', { act: { sub: 'agent-7' } }, 'orders_api'],
    ['an agent behind the same agent', { act: { sub: 'agent-7', act: { sub: 'agent-8' } } }, 'orders_api'],
    ['a wider set of scopes', { scope: 'orders:read orders:write' }, 'orders_api'],
    ['another set of scopes', { scope: 'orders:write' }, 'orders_api'],
    ['another target with the same settings', {}, 'stock_api'],
    ['another login of the same user', {}, 'orders_api'],
  ])('is never that of %s', async (_whom, claims, target) => {
    const [token, other] = [await login(), await login(claims)];
    await app.as(token, call);
    await app.as(target === 'stock_api' ? token : other, call, target);
    expect([answers.asked.length, sent().size]).toEqual([2, 2]);
    await Promise.all([app.as(token, call), app.as(target === 'stock_api' ? token : other, call, target)]);
    expect([answers.asked.length, sent().size]).toEqual([2, 2]);
  });

  it('is the same for all users where this server calls as itself, since it says nothing of them', async () => {
    for (const claims of [{}, { sub: 'bob' }, { tenant: 'globex' }, { client_id: 'assistant' }])
      await app.as(await login(claims), call, 'billing_api');
    expect([answers.asked.length, api.requests.length, sent().size]).toEqual([1, 4, 1]);
    expect(new Set(api.requests.map(({ headers }) => headers['txn-token'])).size).toBe(4);
  });

  it("that is this server's own still holds no more than this user may: other scopes, another token", async () => {
    await app.as(await login({ scope: 'orders:read orders:write' }), call, 'billing_api');
    await app.as(await login({ scope: 'orders:write orders:read' }), call, 'billing_api');
    await app.as(await login({ scope: 'orders:read' }), call, 'billing_api');
    expect(answers.asked.map(asked => asked.get('scope'))).toEqual(['orders:read orders:write', 'orders:read']);
  });

  it('that could not be had fails all who wait for it, and is asked for anew by the next call', async () => {
    const token = await login();
    const { reached, release } = hold(tokenAnswer({ error: 'invalid_grant' }, 400));
    const calls = Array.from({ length: 10 }, () => app.as(token, call).catch((error: { code: string }) => error.code));
    await Promise.all([reached, app.begun(10)]);
    release();
    expect(await Promise.all(calls)).toEqual(Array(10).fill('delegation_reauthenticate'));
    expect([issuer.tokenRequests(), api.requests.length]).toEqual([1, 0]);
    issuer.answer = answers;
    expect(await app.as(token, call)).toBe(200);
  });

  it('still comes for those who wait when one of them gives up', async () => {
    const [token, { reached, release }] = [await login(), hold()];
    const abort = new AbortController();
    const given = app.as(token, target => target('/', { signal: abort.signal }));
    const patient = [app.as(token, call), app.as(token, call)];
    await Promise.all([reached, app.begun(3)]);
    abort.abort(new Error('enough'));
    await expect(given).rejects.toThrow('enough');
    expect(api.requests).toHaveLength(0);
    release();
    expect(await Promise.all(patient)).toEqual([200, 200]);
    expect([answers.asked.length, api.requests.length]).toEqual([1, 2]);
  });

  it('that is under way when its user is revoked is not used, by nobody who waits', async () => {
    const [token, bobs] = [await login(), await login({ sub: 'bob' })];
    const { reached, release } = hold();
    const calls = [token, token, bobs].map(one => app.as(one, call).catch((error: { code: string }) => error.code));
    await Promise.all([reached, app.begun(3)]);
    await app.app.get(IdentityRevocation).purge({ issuer: issuer.issuerOptions.issuer, sub: 'alice' });
    release();
    expect(await Promise.all(calls)).toEqual(['identity_revoked', 'identity_revoked', 200]);
    expect(api.requests).toHaveLength(1);
    expect(
      app.auditLog.events
        .filter(({ reason }) => reason === 'identity_revoked')
        .map(({ type, outcome, actor_sub }) => [type, outcome, actor_sub].join(' '))
        .sort(),
    ).toEqual([
      'delegation.outcome refused alice',
      'delegation.outcome refused alice',
      'execution.outcome failed alice',
      'execution.outcome failed alice',
    ]);
  });

  it('is asked for anew when the user has signed in again after a revocation', async () => {
    await app.as(await login(), call);
    await app.app.get(IdentityRevocation).purge({ issuer: issuer.issuerOptions.issuer, sub: 'alice' });
    now += 2000;
    expect(await app.as(await login({ iat: Math.floor(now / 1000) }), call)).toBe(200);
    expect([answers.asked.length, sent().size]).toEqual([2, 2]);
  });
});
