import { randomUUID } from 'node:crypto';
import { type ServerResponse } from 'node:http';
import { type JWTPayload } from 'jose';
import {
  type DelegatedFetch,
  type EieOptions,
  IdentityRevocation,
  MemoryRevocationStore,
  type TargetOptions,
} from 'nestjs-eie';
import { type DelegatingApp, startDelegating } from '../../support/delegating-app.js';
import { type LyingIssuer, startLyingIssuer, tokenAnswer } from '../../support/lying-issuer.js';
import { type Loopback, startLoopback } from '../../support/loopback.js';
import { OpenTokenStore } from '../../support/open-token-store.js';
import { type SoundAnswers, soundAnswers } from '../../support/sound-answers.js';
import { until } from '../../support/until.js';
import { BILLING, MCP, ORDERS, startWorld, type World } from '../../support/world.js';

const [OLD, NEW] = ['the secret of all instances, o'.padEnd(32, 'o'), 'the secret of all instances, n'.padEnd(32, 'n')];
const call = async (target: DelegatedFetch) => (await target('/')).status;
const failing = (error: { code?: string }) => error.code;

describe('two instances that share their tokens', () => {
  let world: World;
  let issuer: LyingIssuer;
  let api: Loopback;
  let store: OpenTokenStore;
  let answers: SoundAnswers;
  let told: string[];
  let now: number;
  let respond: (response: ServerResponse, token: string) => unknown;
  let one: DelegatingApp;
  let other: DelegatingApp;
  const started: DelegatingApp[] = [];
  const revocation = () => new MemoryRevocationStore();
  let revoked: MemoryRevocationStore;

  beforeAll(async () => {
    world = await startWorld();
    api = await startLoopback(({ headers }, response) => respond(response, headers.authorization!.slice(7)));
  });
  afterAll(() => Promise.all([world.close(), api.close()]));

  beforeEach(async () => {
    now = Date.now();
    [store, told, revoked] = [new OpenTokenStore(), [], revocation()];
    respond = response => response.end('{}');
    api.requests.length = 0;
    issuer = await startLyingIssuer();
    issuer.answer = answers = soundAnswers(issuer, { claims: () => ({ exp: seconds() + 3_600 }) });
    [one, other] = await Promise.all([start(), start()]);
  });
  afterEach(async () => {
    await Promise.all(started.splice(0).map(app => app.close()));
    await issuer.close();
  });

  const seconds = () => Math.floor(now / 1000);
  /** Another instance. */
  async function start(ports: EieOptions['ports'] = {}, changes: Partial<TargetOptions> = {}): Promise<DelegatingApp> {
    const target: TargetOptions = {
      mode: 'on_behalf_of',
      baseUrl: api.url,
      issuer: issuer.issuerOptions.issuer,
      resource: ORDERS,
      scopes: ['orders:read', 'orders:write'],
      ...changes,
    };
    const app = await startDelegating(world, {
      options: {
        ports: {
          clock: () => now,
          diagnostics: { report: ({ level, message }) => void (level !== 'info' && told.push(message)) },
          revocation: revoked,
          delegatedTokens: { store, secrets: [OLD] },
          ...ports,
        },
        issuers: [issuer.issuerOptions],
        targets: {
          orders_api: target,
          billing_api: { ...target, mode: 'service_identity', resource: BILLING },
          opaque_api: { ...target, actEvidence: 'if-jwt' },
        },
      },
    });
    started.push(app);
    return app;
  }
  const login = (claims: JWTPayload = {}) =>
    issuer.sign({
      aud: MCP,
      scope: 'orders:read',
      jti: randomUUID(),
      iat: seconds(),
      exp: seconds() + 3_600,
      ...claims,
    });
  const sent = () => new Set(api.requests.map(({ headers }) => headers.authorization)).size;
  const kept = (count = 1) => until(() => store.sealed.size === count);
  const purge = (at: DelegatingApp) =>
    at.app.get(IdentityRevocation).purge({ issuer: issuer.issuerOptions.issuer, sub: 'alice' });
  /** The only thing that is in the store. */
  const place = () => [...store.sealed.keys()][0]!;
  const about = (what: RegExp) => told.filter(message => what.test(message));

  it.each(['orders_api', 'billing_api'])('ask for the token of %s once', async target => {
    const token = await login();
    expect(await one.as(token, call, target)).toBe(200);
    await kept();
    expect(await other.as(token, call, target)).toBe(200);
    expect(await (await start()).as(token, call, target)).toBe(200);
    expect([answers.asked.length, api.requests.length, sent()]).toEqual([1, 3, 1]);
    expect(other.auditLog.last('delegation.outcome')).toMatchObject({
      outcome: 'ok',
      delegation_effective: target === 'orders_api' ? 'delegation' : null,
    });
    expect(told).toEqual([]);
  });

  it('share one that is opaque as long as the answer said', async () => {
    const opaque = tokenAnswer({ access_token: 'opaque-and-good', token_type: 'Bearer', expires_in: 40 });
    let asked = 0;
    issuer.answer = (request, response) => (asked++, opaque(request, response));
    const token = await login();
    await one.as(token, call, 'opaque_api');
    await kept();
    now += 29_000;
    await other.as(token, call, 'opaque_api');
    expect(asked).toBe(1);
    now += 1_000;
    await other.as(token, call, 'opaque_api');
    expect(asked).toBe(2);
  });

  it('share one whose times have fractions', async () => {
    issuer.answer = answers = soundAnswers(issuer, {
      claims: () => ({ iat: seconds() + 0.25, exp: seconds() + 3_600.5 }),
      body: { expires_in: 3_599.75 },
    });
    const token = await login({ iat: seconds() - 0.5, exp: seconds() + 3_600.5 });
    expect(await one.as(token, call)).toBe(200);
    await kept();
    expect(await other.as(token, call)).toBe(200);
    expect(answers.asked).toHaveLength(1);
    expect(told).toEqual([]);
  });

  it('do not share one whose end is no time that a clock reaches, and see no tampering in it', async () => {
    issuer.answer = answers = soundAnswers(issuer, { claims: () => ({ exp: 9e99 }) });
    const token = await login();
    expect(await one.as(token, call)).toBe(200);
    expect(await other.as(token, call)).toBe(200);
    expect([answers.asked.length, store.sealed.size]).toEqual([2, 0]);
    expect(told).toEqual([]);
  });

  it('never share one among users, agents, logins and scopes', async () => {
    const claims = [{}, {}, { sub: 'bob' }, { act: { sub: 'agent-7' } }, { scope: 'orders:write' }];
    const tokens = await Promise.all(claims.map(login));
    for (const token of tokens) await one.as(token, call);
    await kept(tokens.length);
    for (const token of tokens) await other.as(token, call);
    expect([answers.asked.length, sent()]).toEqual([tokens.length, tokens.length]);
  });

  it('ask once each, at most, for fifty calls at each at the same time', async () => {
    const token = await login();
    const calls = Array.from({ length: 100 }, (_, i) => (i % 2 ? one : other).as(token, call));
    expect(await Promise.all(calls)).toEqual(Array(100).fill(200));
    expect(answers.asked.length).toBeLessThanOrEqual(2);
  });

  it('use it for five minutes together, and not for five minutes each', async () => {
    const token = await login();
    await one.as(token, call);
    await kept();
    now += 200_000;
    await other.as(token, call);
    now += 99_000;
    await other.as(token, call);
    expect(answers.asked).toHaveLength(1);
    now += 1_000;
    await other.as(token, call);
    expect(answers.asked).toHaveLength(2);
  });

  it('do not use it until its own expiry, nor after that of what it was made from', async () => {
    const token = await login({ exp: seconds() + 100 });
    await one.as(token, call);
    await kept();
    now += 100_000;
    await expect(other.as(token, call)).rejects.toThrow('answered with 401');
    issuer.answer = answers = soundAnswers(issuer, { claims: () => ({ exp: seconds() + 60 }) });
    const longer = await login();
    await one.as(longer, call);
    now += 49_000;
    await other.as(longer, call);
    expect(answers.asked).toHaveLength(1);
    now += 1_000;
    await other.as(longer, call);
    expect(answers.asked).toHaveLength(2);
  });

  it('use it no more once its user is purged at one of them, and ask anew when the user has signed in again', async () => {
    const [token, bobs] = [await login(), await login({ sub: 'bob' })];
    for (const each of [token, bobs]) await one.as(each, call);
    await kept(2);
    await purge(other);
    // The instance that held it has dropped it for all.
    await kept(1);
    const before = api.requests.length;
    for (const app of [one, other]) await expect(app.as(token, call)).rejects.toThrow('answered with 401');
    expect(api.requests).toHaveLength(before);
    expect(await other.as(bobs, call)).toBe(200);
    expect(answers.asked).toHaveLength(2);
    now += 2_000;
    expect(await other.as(await login(), call)).toBe(200);
    expect(answers.asked).toHaveLength(3);
  });

  it('keep none that was under way when its user was purged at the other', async () => {
    const token = await login();
    let release = (): void => {};
    const released = new Promise<void>(resolve => (release = resolve));
    const reached = new Promise<void>(resolve => {
      issuer.answer = (request, response) => (resolve(), void released.then(() => answers(request, response)));
    });
    const begun = one.as(token, call).catch(failing);
    await reached;
    await purge(other);
    release();
    expect(await begun).toBe('identity_revoked');
    expect([store.sealed.size, api.requests.length]).toEqual([0, 0]);
  });

  it('drop those of a purged user for both, even where the other one has not heard of the purge', async () => {
    const [first, second] = [await start({ revocation: revocation() }), await start({ revocation: revocation() })];
    const token = await login();
    await first.as(token, call);
    await kept();
    await purge(first);
    await kept(0);
    expect(await second.as(token, call)).toBe(200);
    expect(answers.asked).toHaveLength(2);
    await kept();
    await expect(first.as(token, call)).rejects.toThrow('answered with 401');
  });

  it('drop one that its target refuses, and take the one that has replaced it', async () => {
    const token = await login();
    await one.as(token, call);
    await kept();
    expect(await other.as(token, call)).toBe(200);
    const [refused] = answers.given;
    respond = (response, given) =>
      given === refused
        ? response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end()
        : response.end('{}');
    const before = store.sealed.get(place());
    expect(await one.as(token, call)).toBe(200);
    await until(() => store.sealed.size === 1 && store.sealed.get(place()) !== before);
    expect(await other.as(token, call)).toBe(200);
    expect(answers.asked).toHaveLength(2);
  });

  it('drop one that its target refuses to a call which cannot be sent again', async () => {
    const token = await login();
    await one.as(token, call);
    await kept();
    respond = response => response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' }).end();
    const body = () => new Blob(['{}']).stream();
    const once = async (target: DelegatedFetch) => (await target('/', { method: 'POST', body: body() })).status;
    expect(await other.as(token, once)).toBe(401);
    await kept(0);
  });

  it.each<[what: string, change: (sealed: string) => string]>([
    ['changed', sealed => sealed.replace(/.{9}$/, 'AAAAAAAAA')],
    ['emptied', () => ''],
    ['a token in clear', () => answers.given[0]!],
  ])('obtain one anew where that in the store was %s, and the operator is told once', async (_what, change) => {
    const token = await login();
    await one.as(token, call);
    await kept();
    const before = change(store.sealed.get(place())!);
    store.sealed.set(place(), before);
    expect(await other.as(token, call)).toBe(200);
    await until(() => store.sealed.get(place()) !== before);
    expect(await (await start()).as(token, call)).toBe(200);
    expect(answers.asked).toHaveLength(2);
    expect(about(/holds something that no instance/)).toHaveLength(1);
  });

  it('take none that was moved to another user', async () => {
    const [alices, bobs] = [await login(), await login({ sub: 'bob' })];
    await one.as(bobs, call);
    await kept();
    const [bobsPlace, sealed] = [place(), store.sealed.get(place())!];
    await one.as(alices, call);
    await kept(2);
    for (const each of store.sealed.keys()) if (each !== bobsPlace) store.sealed.set(each, sealed);
    expect(await other.as(alices, call)).toBe(200);
    expect([answers.asked.length, sent()]).toEqual([3, 3]);
  });

  it('take none that this one would not take from the authorization server, because it is configured otherwise', async () => {
    issuer.answer = answers = soundAnswers(issuer, {
      claims: () => ({ exp: seconds() + 3_600, act: undefined }),
    });
    const lax = await start({}, { actEvidence: 'none' });
    const token = await login();
    expect(await lax.as(token, call)).toBe(200);
    await kept();
    expect(await other.as(token, call).catch(failing)).toBe('delegated_token_refused');
    expect([answers.asked.length, api.requests.length]).toEqual([2, 1]);
  });

  it('share none that is bound to a key', async () => {
    issuer.answer = answers = soundAnswers(issuer, {
      claims: () => ({ exp: seconds() + 3_600, cnf: { jkt: 'x' } }),
    });
    const token = await login();
    for (const app of [one, other]) expect(await app.as(token, call)).toBe(200);
    expect([answers.asked.length, store.sealed.size]).toEqual([2, 0]);
  });

  it('go on while their secret is changed, in three steps', async () => {
    const token = await login();
    await one.as(token, call);
    await kept();
    const at = async (...secrets: string[]) => (await start({ delegatedTokens: { store, secrets } })).as(token, call);
    expect(await at(OLD, NEW)).toBe(200);
    expect(await at(NEW, OLD)).toBe(200);
    expect(answers.asked).toHaveLength(1);
    // Without the old one it is obtained anew, and nobody is to blame.
    expect(await at(NEW)).toBe(200);
    await kept(2);
    expect(await at(OLD, NEW)).toBe(200);
    expect([answers.asked.length, told]).toEqual([2, []]);
  });

  it.each<[how: string, instead: () => Promise<never>]>([
    ['rejects', () => Promise.reject(Object.assign(new Error('opaque-and-secret'), { code: 'ECONNREFUSED' }))],
    ['never answers', () => new Promise(() => undefined)],
    ['answers nonsense', async () => 17 as never],
  ])('refuse nobody and wait for nothing while the store %s', async (how, instead) => {
    store.instead = instead;
    const since = performance.now();
    for (const app of [one, other])
      for (const sub of ['alice', 'bob', 'carol']) {
        const token = await login({ sub });
        expect([await app.as(token, call), await app.as(token, call)]).toEqual([200, 200]);
      }
    expect(answers.asked).toHaveLength(6);
    // A quarter of a second each at most, and not for each call.
    expect(performance.now() - since).toBeLessThan(4_000);
    if (how === 'answers nonsense') return;
    expect(store.asked).toBe(2);
    expect(about(/^The store of delegated tokens does not answer \((ECONNREFUSED|TimeoutError)\)/)).toHaveLength(2);
    expect(told.join()).not.toContain('opaque-and-secret');
  });

  it('have nothing in the store that holds a token, or says whose it is', async () => {
    // Three letters would be found in what is sealed by chance.
    const tokens = [await login(), await login({ sub: 'carol' })];
    for (const token of tokens) for (const target of ['orders_api', 'billing_api']) await one.as(token, call, target);
    await kept(3);
    const found = (secrets: string[]) => {
      const texts = [...store.sealed].flatMap(([key, value]) =>
        [key, value, ...value.split('.')].flatMap(text => [text, Buffer.from(text, 'base64url').toString('latin1')]),
      );
      return secrets.filter(secret => texts.some(text => text.includes(secret)));
    };
    const secrets = [...answers.given, ...tokens].flatMap(token => token.split('.').slice(1));
    expect(found([...secrets, 'alice', 'carol', ORDERS])).toEqual([]);
    store.sealed.set('planted', `1.${Buffer.from(`{"token":"${answers.given[1]!}"}`).toString('base64url')}`);
    expect(found(secrets)).toEqual(answers.given[1]!.split('.').slice(1));
  });
});
