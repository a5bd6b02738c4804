import { createHmac, randomUUID } from 'node:crypto';
import { type ServerResponse } from 'node:http';
import { Controller, Get } from '@nestjs/common';
import { decodeJwt } from 'jose';
import { Authenticated, Identity, MemoryRevocationStore, type EieOptions } from 'nestjs-eie';
import { ADAPTERS, type AppSetup, startApp, type TestApp } from '../support/app.js';
import { LOGOUT_EVENT } from '../support/signals.js';
import { until } from '../support/until.js';
import { SERVER_CLIENT, startWorld, type World } from '../support/world.js';

@Controller('me')
class MeController {
  @Get()
  @Authenticated()
  me(@Identity('actor.sub') sub: string) {
    return sub;
  }
}

const EVENTS = { [LOGOUT_EVENT]: {} };

/** Cannot be asked or told anything while it is away. */
class AwayStore extends MemoryRevocationStore {
  isAway = false;

  override add(...given: Parameters<MemoryRevocationStore['add']>): Promise<void> {
    return this.isAway ? Promise.reject(new Error('away')) : super.add(...given);
  }
}

describe.each(ADAPTERS)('a back-channel logout, on %s,', adapter => {
  let world: World;
  let app: TestApp;
  let store: AwayStore;
  let now: number;

  const start = (
    signals: NonNullable<EieOptions['authorization']>['signals'] = { logout: {} },
    setup: Partial<AppSetup> = {},
  ) =>
    startApp(world, {
      adapter,
      controllers: [MeController],
      options: { authorization: { signals }, ports: { clock: () => now, revocation: store } },
      ...setup,
    });

  beforeAll(async () => {
    world = await startWorld();
    store = new AwayStore();
    now = Date.now();
    app = await start();
  });
  afterAll(async () => {
    await app?.close();
    await world?.close();
  });
  beforeEach(() => {
    // Whoever was logged out has signed in again.
    now += 60_000;
    app.auditLog.events.length = 0;
  });

  const seconds = () => Math.floor(now / 1000);
  const bearerOf = (changes: Parameters<World['userToken']>[0] = {}) =>
    world.userToken({ issuedAt: seconds() - 10, ...changes });
  const call = async (bearer: string, at = app) =>
    (await fetch(`${at.url}/me`, { headers: { authorization: `Bearer ${bearer}` } })).status;
  const claims = (changes: object = {}) => ({
    iss: world.issuer,
    aud: SERVER_CLIENT,
    iat: seconds(),
    exp: seconds() + 120,
    jti: randomUUID(),
    sub: 'alice',
    events: EVENTS,
    ...changes,
  });
  const logoutToken = (changes: object = {}, header: object = {}) => {
    const plain = (value: object) => JSON.parse(JSON.stringify(value)) as object;
    return world.sign(plain(claims(changes)), plain({ typ: 'logout+jwt', ...header }));
  };
  const send = (body: BodyInit, { at = app, headers = {} }: { at?: TestApp; headers?: Record<string, string> } = {}) =>
    fetch(`${at.url}/backchannel-logout`, { method: 'POST', body, headers });
  const form = (token: string) => new URLSearchParams({ logout_token: token });

  it('ends the user that it names, at once, and is on the audit log as what it was', async () => {
    const bearer = bearerOf();
    expect(await call(bearer)).toBe(200);
    const answer = await send(form(logoutToken()));
    expect([answer.status, answer.headers.get('cache-control'), await answer.text()]).toEqual([200, 'no-store', '']);
    expect(await call(bearer)).toBe(401);
    expect(app.auditLog.last('identity.revoked')).toMatchObject({
      handler: 'signal:backchannel_logout',
      actor_issuer: world.issuer,
      actor_sub: 'alice',
      session_id: null,
    });
  });

  it.each<[string, boolean]>([
    ['with its user', true],
    ['alone: nobody guesses its user', false],
  ])('ends the one session that it names %s', async (_how, namesUser) => {
    const [ended, other] = [bearerOf(), bearerOf()];
    const { sid } = decodeJwt(ended);
    expect((await send(form(logoutToken({ sid, sub: namesUser ? 'alice' : undefined })))).status).toBe(200);
    expect([await call(ended), await call(other)]).toEqual([401, 200]);
    expect(app.auditLog.last('identity.revoked')).toMatchObject({
      actor_sub: namesUser ? 'alice' : null,
      session_id: sid,
    });
  });

  it('ends all of a user where the configuration says so, and is refused where it names none', async () => {
    const all = await start({ logout: { ends: 'user' } });
    const bearer = bearerOf();
    const nobody = await send(form(logoutToken({ sid: 'a-session', sub: undefined })), { at: all });
    expect(nobody.status).toBe(400);
    expect(await call(bearer, all)).toBe(200);
    expect((await send(form(logoutToken({ sid: 'a-session' })), { at: all })).status).toBe(200);
    expect(await call(bearer, all)).toBe(401);
    await all.close();
  });

  it('is taken for the clients that are named, and then for no other', async () => {
    const at = await start({ logout: { clients: { [world.issuer]: ['desk-copilot'] } } });
    expect((await send(form(logoutToken({ aud: 'desk-copilot' })), { at })).status).toBe(200);
    expect((await send(form(logoutToken()), { at })).status).toBe(400);
    await at.close();
  });

  it.each<[string, () => string, string]>([
    ['a forged signature', () => `${logoutToken().slice(0, -8)}AAAAAAAA`, 'signature_invalid'],
    [
      'no signature',
      () => `${Buffer.from('{"alg":"none","typ":"logout+jwt"}').toString('base64url')}.${logoutToken().split('.')[1]}.`,
      'algorithm_refused',
    ],
    ['the public key as a secret', () => hmac(logoutToken()), 'algorithm_refused'],
    ['the type of an access token', () => logoutToken({}, { typ: 'at+jwt' }), 'token_type_refused'],
    ['the type of a security event token', () => logoutToken({}, { typ: 'secevent+jwt' }), 'token_type_refused'],
    ['no type', () => logoutToken({}, { typ: undefined }), 'token_type_refused'],
    ['an access token', () => bearerOf(), 'token_type_refused'],
    ['an ID token', () => world.mintIdToken({ sub: 'alice', clientId: SERVER_CLIENT }), 'token_type_refused'],
    ['a key that the issuer has not', () => logoutToken({}, { kid: 'another' }), 'key_unknown'],
    ['another issuer', () => logoutToken({ iss: 'https://other.test' }), 'issuer_unknown'],
    ['no issuer', () => logoutToken({ iss: undefined }), 'issuer_unknown'],
    ['another client', () => logoutToken({ aud: 'another' }), 'audience_refused'],
    ['another client beside ours', () => logoutToken({ aud: [SERVER_CLIENT, 'another'] }), 'audience_refused'],
    ['the audience of access tokens', () => logoutToken({ aud: 'https://mcp.shop.test/mcp' }), 'audience_refused'],
    ['no audience', () => logoutToken({ aud: undefined }), 'audience_refused'],
    ['an empty audience', () => logoutToken({ aud: [] }), 'audience_refused'],
    ['an end that has passed', () => logoutToken({ exp: seconds() }), 'token_expired'],
    ['no end', () => logoutToken({ exp: undefined }), 'claim_missing'],
    ['an end that is far away', () => logoutToken({ exp: seconds() + 4_000 }), 'token_lifetime_refused'],
    ['a time to come', () => logoutToken({ iat: seconds() + 60 }), 'token_not_yet_valid'],
    ['no time', () => logoutToken({ iat: undefined }), 'claim_missing'],
    ['no id', () => logoutToken({ jti: undefined }), 'claim_missing'],
    ['an id that is no text', () => logoutToken({ jti: 7 }), 'claim_invalid'],
    ['nobody', () => logoutToken({ sub: undefined }), 'claim_missing'],
    ['a user that is no text', () => logoutToken({ sub: ['alice'] }), 'claim_invalid'],
    ['an empty session', () => logoutToken({ sid: '' }), 'claim_invalid'],
    ['a nonce', () => logoutToken({ nonce: 'n-1' }), 'claim_invalid'],
    ['a nonce that is null', () => logoutToken({ nonce: null }), 'claim_invalid'],
    ['no events', () => logoutToken({ events: undefined }), 'claim_invalid'],
    ['an event of another kind', () => logoutToken({ events: { 'https://other.test/event': {} } }), 'claim_invalid'],
    [
      'another event beside it',
      () => logoutToken({ events: { ...EVENTS, 'https://other.test': {} } }),
      'claim_invalid',
    ],
    ['a list of events', () => logoutToken({ events: [LOGOUT_EVENT] }), 'claim_invalid'],
    ['an event without an object', () => logoutToken({ events: { [LOGOUT_EVENT]: null } }), 'claim_invalid'],
    ['no token', () => 'gibberish', 'token_malformed'],
    ['a token that is too long', () => logoutToken({ more: 'x'.repeat(14_000) }), 'token_too_large'],
  ])('is refused with %s: nothing is purged, and nothing of it is in the answer', async (_what, make, code) => {
    const bearer = bearerOf();
    const token = make();
    const answer = await send(form(token));
    expect([answer.status, answer.headers.get('cache-control')]).toEqual([
      code === 'token_too_large' ? 413 : 400,
      'no-store',
    ]);
    const body = await answer.text();
    expect(JSON.parse(body)).toEqual({ error: 'invalid_request', error_description: expect.any(String) });
    for (const part of [...token.split('.').filter(Boolean), 'alice', 'another', 'other.test'])
      expect(body).not.toContain(part);
    expect(app.auditLog.last('admission.refused')).toMatchObject({
      handler: 'signal:backchannel_logout',
      reason: code,
      actor_sub: null,
    });
    expect(app.auditLog.types()).not.toContain('identity.revoked');
    expect(await call(bearer)).toBe(200);
  });

  it.each<[string, () => string, string]>([
    ['another type', () => logoutToken({}, { typ: 'JWT' }), 'Have the sender write that "typ"'],
    ['another client', () => logoutToken({ aud: 'another' }), 'those in authorization.signals.logout.clients'],
  ])(
    'with %s: the operator is told what to change about logouts, and nothing about access tokens',
    async (...given) => {
      const [, make, fix] = given;
      const lines: string[] = [];
      const diagnostics = { report: ({ message }: { message: string }) => void lines.push(message) };
      const options = { authorization: { signals: { logout: {} } }, ports: { clock: () => now, diagnostics } };
      const at = await start(undefined, { options });
      lines.length = 0;
      expect((await send(form(make()), { at })).status).toBe(400);
      expect(lines).toEqual([expect.stringContaining(fix)]);
      expect(lines[0]).not.toMatch(/accessTokenClaim|issuers\[\]\.audience|Send an access token/);
      await at.close();
    },
  );

  const urlencoded = { 'content-type': 'application/x-www-form-urlencoded' };
  it.each<[string, () => [BodyInit, Record<string, string>?], number]>([
    ['two tokens', () => [`logout_token=${logoutToken()}&logout_token=${logoutToken()}`, urlencoded], 400],
    ['a token under another name', () => [new URLSearchParams({ token: logoutToken() })], 400],
    ['a token in an object', () => [`logout_token[a]=${logoutToken()}`, urlencoded], 400],
    ['an empty token', () => ['logout_token=', urlencoded], 400],
    ['no body', () => ['', urlencoded], 400],
    ['JSON', () => [JSON.stringify({ logout_token: logoutToken() }), { 'content-type': 'application/json' }], 400],
    ['a form of parts', () => [new FormData()], 400],
  ])('is refused in a body with %s', async (_what, make, status) => {
    const [body, headers = {}] = make();
    const answer = await send(body, { headers });
    expect(answer.status).toBe(status);
    expect(app.auditLog.types()).toEqual(['admission.refused']);
    expect(app.auditLog.events[0]!.reason).toBe('signal_malformed');
  });

  it('is refused when its body is huge, and no more of it is read', async () => {
    const answer = await send(`logout_token=${'x'.repeat(5_000_000)}`, { headers: urlencoded }).catch(() => undefined);
    expect(answer?.status ?? 413).toBe(413);
    expect(app.auditLog.types()).not.toContain('identity.revoked');
  });

  it('is taken with other members of the form beside it, which mean nothing', async () => {
    expect((await send(new URLSearchParams({ logout_token: logoutToken(), state: 'x' }))).status).toBe(200);
  });

  it('is taken once: one that comes again ends no later login', async () => {
    const token = logoutToken();
    expect((await send(form(token))).status).toBe(200);
    now += 30_000;
    const later = bearerOf();
    const answer = await send(form(token));
    expect(answer.status).toBe(400);
    expect(((await answer.json()) as { error_description: string }).error_description).toContain('received before');
    expect(app.auditLog.last('admission.refused').reason).toBe('signal_replayed');
    expect(await call(later)).toBe(200);
  });

  it('is not confirmed while the store is away, and holds when the provider sends it again', async () => {
    const [token, bearer] = [logoutToken(), bearerOf()];
    store.isAway = true;
    const answer = await send(form(token));
    store.isAway = false;
    expect([answer.status, await answer.json()]).toEqual([
      503,
      { error: 'temporarily_unavailable', error_description: expect.any(String) },
    ]);
    expect(await call(bearer)).toBe(200);
    expect((await send(form(token))).status).toBe(200);
    expect(await call(bearer)).toBe(401);
  });

  // Fastify goes on with no request that is answered.
  if (adapter === 'express')
    it('ends no process where something in front of it has answered already, such as a time-out of the application', async () => {
      // Nobody handles a rejection here: Node ends the process, and Jest the test.
      const answered = (_request: unknown, response: ServerResponse, next: () => void): void => {
        response.end('too late');
        next();
      };
      const at = await start({ logout: {} }, { prepare: one => void one.use(answered) });
      for (let i = 1; i <= 2; i++) {
        expect(await (await send(form('no token'), { at })).text()).toBe('too late');
        await until(() => at.auditLog.types().filter(type => type === 'admission.refused').length === i);
      }
      await at.close();
    });

  it('has no route unless it is switched on', async () => {
    const at = await start({});
    expect((await send(form(logoutToken()), { at })).status).toBe(404);
    await at.close();
  });

  it.each([[true], [false]])(
    'stands at its path whatever prefix the application has, with parsers of Nest: %s',
    async bodyParser => {
      const at = await start(
        { logout: { path: '/signals/logout' } },
        { bodyParser, prepare: one => one.setGlobalPrefix('api') },
      );
      const answer = await fetch(`${at.url}/signals/logout`, { method: 'POST', body: form(logoutToken()) });
      expect(answer.status).toBe(200);
      await at.close();
    },
  );
});

/** Signed with what everybody knows, as if it were a secret. */
function hmac(token: string): string {
  const [, claims] = token.split('.');
  const head = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'logout+jwt' })).toString('base64url');
  return `${head}.${claims}.${createHmac('sha256', 'public').update(`${head}.${claims}`).digest('base64url')}`;
}
