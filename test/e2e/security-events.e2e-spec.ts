import { createHmac, randomUUID } from 'node:crypto';
import { Controller, Get } from '@nestjs/common';
import { type Diagnostics } from 'execution-identity';
import { decodeJwt } from 'jose';
import { Authenticated, type EieOptions, Identity, MemoryRevocationStore } from 'nestjs-eie';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { EVENTS, newTransmitter, type Transmitter } from '../support/signals.js';
import { startWorld, type World } from '../support/world.js';

@Controller('me')
class MeController {
  @Get()
  @Authenticated()
  me(@Identity('actor.sub') sub: string) {
    return sub;
  }
}

const SECRET = 'a-secret-of-the-transmitter';
const TRANSMITTER = 'https://signals.test';
const OTHER = 'https://other-signals.test';

/** Cannot be told anything while it is away. */
class AwayStore extends MemoryRevocationStore {
  isAway = false;
  /** Whether what it could not confirm counts here all the same, as in a view of a database. */
  countsHere = false;
  confirmed = 0;

  override async add(...given: Parameters<MemoryRevocationStore['add']>): Promise<void> {
    if (!this.isAway || this.countsHere) await super.add(...given);
    if (this.isAway) throw new Error('away');
    this.confirmed++;
  }
}

type TransmitterOptions = NonNullable<
  NonNullable<NonNullable<EieOptions['authorization']>['signals']>['events']
>['transmitters'][number];

describe.each(ADAPTERS)('a security event that is pushed, on %s,', adapter => {
  let world: World;
  let transmitter: Transmitter;
  /** Configured too, for nobody that the first one speaks of. */
  let other: Transmitter;
  let app: TestApp;
  let store: AwayStore;
  let now: number;

  const optionsOf = ({ issuer, audience, jwks }: Transmitter, more: Partial<TransmitterOptions> = {}) => ({
    issuer,
    jwks,
    algorithms: ['ES256' as const],
    audience: [audience],
    issuers: [world.issuer],
    ...more,
  });
  const start = (transmitters: TransmitterOptions[], diagnostics: Diagnostics = { report: () => undefined }) =>
    startApp(world, {
      adapter,
      controllers: [MeController],
      options: {
        issuers: [
          world.issuerOptions(),
          { ...world.issuerOptions(), issuer: 'https://partner.test', metadata: undefined },
        ].map(({ metadata: _, ...one }) => one),
        authorization: { signals: { events: { transmitters } } },
        ports: { clock: () => now, diagnostics, revocation: store },
      },
    });

  beforeAll(async () => {
    world = await startWorld();
    store = new AwayStore();
    now = Date.now();
    transmitter = await newTransmitter(TRANSMITTER, () => now);
    other = await newTransmitter(OTHER, () => now);
    app = await start([
      optionsOf(transmitter, { opaque: world.issuer }),
      optionsOf(other, { issuers: ['https://partner.test'], secret: SECRET }),
    ]);
  });
  afterAll(async () => {
    await app?.close();
    await world?.close();
  });
  beforeEach(() => {
    // Whoever was revoked has signed in again.
    now += 120_000;
    app.auditLog.events.length = 0;
  });

  const seconds = () => Math.floor(now / 1000);
  const bearerOf = (changes: Parameters<World['userToken']>[0] = {}) =>
    world.userToken({ issuedAt: seconds() - 10, ...changes });
  const call = async (bearer: string, at = app) =>
    (await fetch(`${at.url}/me`, { headers: { authorization: `Bearer ${bearer}` } })).status;
  const push = (body: string, { at = app, headers = {} }: { at?: TestApp; headers?: Record<string, string> } = {}) =>
    fetch(`${at.url}/security-events`, {
      method: 'POST',
      body,
      headers: { 'content-type': 'application/secevent+jwt', accept: 'application/json', ...headers },
    });
  const alice = () => ({ format: 'iss_sub', iss: world.issuer, sub: 'alice' });
  const typed = (subject_type: string) => ({ subject_type, iss: world.issuer, sub: 'alice' });
  const opaque = (id: unknown) => ({ format: 'opaque', id });

  it.each(['session-revoked', 'credential-change', 'account-disabled', 'account-purged', 'sessions-revoked'] as const)(
    'ends the user whom it names: %s',
    async name => {
      const [alices, bobs] = [bearerOf(), bearerOf({ sub: 'bob' })];
      const answer = await push(await transmitter.event(name, alice()));
      expect([answer.status, await answer.text()]).toEqual([202, '']);
      expect([await call(alices), await call(bobs)]).toEqual([401, 200]);
      expect(app.auditLog.last('identity.revoked')).toMatchObject({
        handler: 'signal:security_event',
        actor_issuer: world.issuer,
        actor_sub: 'alice',
      });
    },
  );

  it.each<[string, (sid: string) => object, boolean, boolean]>([
    ['a session of a user', sid => ({ format: 'complex', user: alice(), session: opaque(sid) }), true, false],
    ['a session', sid => ({ format: 'complex', session: opaque(sid) }), true, false],
    ['a user', () => ({ format: 'complex', user: alice() }), true, true],
    ['a user by its id', () => opaque('alice'), true, true],
    ['a user of a tenant', () => ({ format: 'complex', user: alice(), tenant: opaque('acme') }), true, true],
    ['a user of another tenant', () => ({ format: 'complex', user: alice(), tenant: opaque('globex') }), false, false],
    ['a user of a tenant, as drafts have it', () => ({ user: alice(), tenant: opaque('acme') }), true, true],
    ['a user, as RFC 8417 has it', () => typed('iss-sub'), true, true],
    ['a user of a tenant, as RFC 8417 has it', () => ({ user: typed('iss_sub'), tenant: opaque('acme') }), true, true],
    ['a session, as drafts have it', sid => ({ user: alice(), session: opaque(sid) }), true, false],
    [
      'a user by several names, of which those count that are understood',
      () => ({ format: 'aliases', identifiers: [{ format: 'email', email: 'bob@shop.test' }, alice()] }),
      true,
      true,
    ],
  ])('that ends a session ends exactly whom it names: %s', async (_whom, subject, endsOne, endsOther) => {
    const [one, another, bobs] = [bearerOf(), bearerOf(), bearerOf({ sub: 'bob' })];
    const sid = String(decodeJwt(one).sid);
    expect((await push(await transmitter.event('session-revoked', subject(sid)))).status).toBe(202);
    expect([await call(one), await call(another), await call(bobs)]).toEqual([
      endsOne ? 401 : 200,
      endsOther ? 401 : 200,
      200,
    ]);
  });

  it('that ends a user ends all sessions of that user, though it names one', async () => {
    const [one, another] = [bearerOf(), bearerOf()];
    const subject = { format: 'complex', user: alice(), session: opaque(decodeJwt(one).sid) };
    expect((await push(await transmitter.event('account-disabled', subject))).status).toBe(202);
    expect([await call(one), await call(another)]).toEqual([401, 401]);
  });

  it('does what the configuration says of its kind', async () => {
    const at = await start([
      optionsOf(transmitter, {
        events: { 'credential-change': 'nothing', 'session-revoked': 'user' },
        opaque: world.issuer,
      }),
    ]);
    const [one, another] = [bearerOf(), bearerOf()];
    expect((await push(await transmitter.event('credential-change', alice()), { at })).status).toBe(202);
    expect([await call(one, at), await call(another, at)]).toEqual([200, 200]);
    const subject = { format: 'complex', user: alice(), session: opaque(decodeJwt(one).sid) };
    expect((await push(await transmitter.event('session-revoked', subject), { at })).status).toBe(202);
    expect([await call(one, at), await call(another, at)]).toEqual([401, 401]);
    await at.close();
  });

  it('may end its line', async () => {
    const bearer = bearerOf();
    expect((await push(`${await transmitter.event('account-disabled', alice())}\r\n`)).status).toBe(202);
    expect(await call(bearer)).toBe(401);
  });

  it('that is refused tells the operator what to change at the transmitter, not at the issuer of access tokens', async () => {
    const told: string[] = [];
    const at = await start([optionsOf(transmitter)], { report: ({ message }) => void told.push(message) });
    const tokens = [
      ['gibberish', 'Have the sender send its signed token'],
      [await transmitter.event('account-disabled', alice(), { iat: undefined }), 'into its security events'],
      [await transmitter.event('account-disabled', alice(), { iss: OTHER }), 'transmitters[].issuer'],
      [hmac(await transmitter.event('account-disabled', alice())), 'transmitters[].algorithms'],
      [await transmitter.event('account-disabled', alice(), { iat: seconds() - 90_000 }), 'its signals for too long'],
    ];
    for (const [token, fix] of tokens) {
      told.length = 0;
      expect((await push(token!, { at })).status).toBe(400);
      expect(told).toEqual([expect.stringContaining(fix!)]);
    }
    await at.close();
  });

  it('may name its subject within the event, as drafts have it', async () => {
    const bearer = bearerOf();
    const event = await transmitter.event('account-disabled', undefined, {
      events: { [EVENTS['account-disabled']]: { subject: alice() } },
    });
    expect((await push(event)).status).toBe(202);
    expect(await call(bearer)).toBe(401);
  });

  it('that verifies its stream is acknowledged, in the words of each profile, and ends nobody', async () => {
    const bearer = bearerOf();
    for (const type of [EVENTS.verification, EVENTS['verification of RISC']]) {
      const event = await transmitter.event('verification', opaque('the-stream'), {
        events: { [type]: { state: 'x' } },
      });
      expect([type, (await push(event)).status]).toEqual([type, 202]);
    }
    expect(await call(bearer)).toBe(200);
  });

  it('needs the secret of its transmitter, where it has one', async () => {
    const event = () => other.event('account-disabled', { format: 'iss_sub', iss: 'https://partner.test', sub: 'zoe' });
    for (const authorization of [undefined, 'Bearer another secret', `Bearer ${SECRET}x`, `Basic ${SECRET}`]) {
      const answer = await push(await event(), { headers: authorization ? { authorization } : {} });
      expect([answer.status, await answer.json()]).toEqual([
        401,
        { err: 'authentication_failed', description: expect.any(String) },
      ]);
    }
    expect(app.auditLog.types()).not.toContain('identity.revoked');
    expect((await push(await event(), { headers: { authorization: `Bearer ${SECRET}` } })).status).toBe(202);
    expect(app.auditLog.last('identity.revoked')).toMatchObject({
      actor_issuer: 'https://partner.test',
      actor_sub: 'zoe',
    });
  });

  const claims = (changes: object = {}) => ({
    iss: TRANSMITTER,
    aud: transmitter.audience,
    iat: seconds(),
    jti: randomUUID(),
    sub_id: alice(),
    events: { [EVENTS['account-disabled']]: {} },
    ...changes,
  });
  const signed = (changes: object = {}, header: object = {}) => transmitter.sign(claims(changes), header);
  const about = (subject: unknown) => signed({ sub_id: subject });

  it.each<[string, () => string | Promise<string>, string, string]>([
    ['a forged signature', async () => `${(await signed()).slice(0, -8)}AAAAAAAA`, 'invalid_key', 'signature_invalid'],
    ['no signature', async () => unsigned(await signed()), 'invalid_key', 'algorithm_refused'],
    ['a secret as its key', async () => hmac(await signed()), 'invalid_key', 'algorithm_refused'],
    ['a key that is not known', () => signed({}, { kid: 'set-2' }), 'invalid_key', 'key_unknown'],
    ['the signature of another transmitter', () => other.sign(claims()), 'invalid_key', 'signature_invalid'],
    ['the type of an access token', () => signed({}, { typ: 'at+jwt' }), 'invalid_request', 'token_type_refused'],
    ['the type of a logout token', () => signed({}, { typ: 'logout+jwt' }), 'invalid_request', 'token_type_refused'],
    ['no type', () => signed({}, { typ: undefined }), 'invalid_request', 'token_type_refused'],
    [
      'an issuer that is not configured',
      () => signed({ iss: 'https://evil.test' }),
      'invalid_issuer',
      'issuer_unknown',
    ],
    ['an issuer of access tokens alone', () => signed({ iss: world.issuer }), 'invalid_issuer', 'issuer_unknown'],
    ['no issuer', () => signed({ iss: undefined }), 'invalid_issuer', 'issuer_unknown'],
    ['another audience', () => signed({ aud: 'https://evil.test' }), 'invalid_audience', 'audience_refused'],
    [
      'another audience beside ours',
      () => signed({ aud: [transmitter.audience, 'https://evil.test'] }),
      'invalid_audience',
      'audience_refused',
    ],
    ['no audience', () => signed({ aud: undefined }), 'invalid_audience', 'audience_refused'],
    ['no time', () => signed({ iat: undefined }), 'invalid_request', 'claim_missing'],
    ['a time to come', () => signed({ iat: seconds() + 60 }), 'invalid_request', 'token_not_yet_valid'],
    [
      'a time before every token that is valid',
      () => signed({ iat: seconds() - 90_000 }),
      'invalid_request',
      'token_lifetime_refused',
    ],
    ['an end that has passed', () => signed({ exp: seconds() }), 'invalid_request', 'token_expired'],
    ['no id', () => signed({ jti: undefined }), 'invalid_request', 'claim_missing'],
    ['a user in "sub"', () => signed({ sub: 'alice' }), 'invalid_request', 'claim_invalid'],
    ['no events', () => signed({ events: undefined }), 'invalid_request', 'claim_invalid'],
    ['no event', () => signed({ events: {} }), 'invalid_request', 'claim_invalid'],
    [
      'two events',
      () => signed({ events: { [EVENTS['account-disabled']]: {}, [EVENTS['session-revoked']]: {} } }),
      'invalid_request',
      'claim_invalid',
    ],
    [
      'an event of another kind',
      () => signed({ events: { 'https://evil.test/event': {} } }),
      'invalid_request',
      'claim_invalid',
    ],
    [
      'an event without an object',
      () => signed({ events: { [EVENTS['account-disabled']]: 'yes' } }),
      'invalid_request',
      'claim_invalid',
    ],
    ['no subject', () => about(undefined), 'invalid_request', 'claim_invalid'],
    [
      'two subjects',
      () => signed({ events: { [EVENTS['account-disabled']]: { subject: alice() } } }),
      'invalid_request',
      'claim_invalid',
    ],
    ['a user without a format', () => about({ iss: world.issuer, sub: 'alice' }), 'invalid_request', 'claim_invalid'],
    [
      'an e-mail address',
      () => about({ format: 'email', email: 'alice@shop.test' }),
      'invalid_request',
      'claim_invalid',
    ],
    [
      'a phone number',
      () => about({ format: 'phone_number', phone_number: '+4930' }),
      'invalid_request',
      'claim_invalid',
    ],
    ['an account', () => about({ format: 'account', uri: 'acct:alice@shop.test' }), 'invalid_request', 'claim_invalid'],
    [
      'aliases of which none is understood',
      () => about({ format: 'aliases', identifiers: [{ format: 'email', email: 'a@b.test' }] }),
      'invalid_request',
      'claim_invalid',
    ],
    [
      'aliases within aliases',
      () => about({ format: 'aliases', identifiers: [{ format: 'aliases', identifiers: [alice()] }] }),
      'invalid_request',
      'claim_invalid',
    ],
    [
      'a user of an issuer that it may not speak of',
      () => about({ format: 'iss_sub', iss: 'https://partner.test', sub: 'alice' }),
      'invalid_request',
      'issuer_unknown',
    ],
    [
      'a user without a name',
      () => about({ format: 'iss_sub', iss: world.issuer }),
      'invalid_request',
      'claim_invalid',
    ],
    [
      'a user with an empty name',
      () => about({ format: 'iss_sub', iss: world.issuer, sub: '' }),
      'invalid_request',
      'claim_invalid',
    ],
    [
      'a part that nobody understands',
      () => about({ format: 'complex', user: alice(), device: opaque('d-1') }),
      'invalid_request',
      'claim_invalid',
    ],
    [
      'a subject with two formats',
      () => about({ ...typed('iss-sub'), format: 'iss_sub' }),
      'invalid_request',
      'claim_invalid',
    ],
    [
      'a type of subject that nobody understands',
      () => about({ subject_type: 'user-device-session', user: alice(), device: opaque('d-1') }),
      'invalid_request',
      'claim_invalid',
    ],
    [
      'a part that nobody understands, as drafts have it',
      () => about({ user: alice(), device: opaque('d-1') }),
      'invalid_request',
      'claim_invalid',
    ],
    [
      'a name beside a part, without a format',
      () => about({ iss: world.issuer, sub: 'alice', user: alice() }),
      'invalid_request',
      'claim_invalid',
    ],
    ['a tenant beside a user', () => about({ ...alice(), tenant: opaque('acme') }), 'invalid_request', 'claim_invalid'],
    [
      'a session beside a user',
      () => about({ ...alice(), session: opaque('s-1') }),
      'invalid_request',
      'claim_invalid',
    ],
    ['more beside an id', () => about({ ...opaque('alice'), session: 's-1' }), 'invalid_request', 'claim_invalid'],
    [
      'more within a part',
      () => about({ format: 'complex', user: { ...alice(), device: opaque('d-1') } }),
      'invalid_request',
      'claim_invalid',
    ],
    [
      'more beside aliases',
      () => about({ format: 'aliases', identifiers: [alice()], tenant: opaque('acme') }),
      'invalid_request',
      'claim_invalid',
    ],
    [
      'more within an alias',
      () => about({ format: 'aliases', identifiers: [{ ...alice(), tenant: opaque('acme') }] }),
      'invalid_request',
      'claim_invalid',
    ],
    ['no part', () => about({ format: 'complex' }), 'invalid_request', 'claim_invalid'],
    [
      'a session alone where a user ends',
      () => about({ format: 'complex', session: opaque('s-1') }),
      'invalid_request',
      'claim_missing',
    ],
    ['an id that is no text', () => about(opaque(17)), 'invalid_request', 'claim_invalid'],
    ['no token', () => 'gibberish', 'invalid_request', 'token_malformed'],
    ['two tokens', async () => `${await signed()}\n${await signed()}`, 'invalid_request', 'token_malformed'],
    ['nothing in it', () => '', 'invalid_request', 'signal_malformed'],
    ['an access token', () => bearerOf(), 'invalid_issuer', 'issuer_unknown'],
  ])('is refused with %s: nobody ends, and nothing of it is in the answer', async (_what, make, err, code) => {
    const bearer = bearerOf();
    const token = await make();
    const answer = await push(token);
    expect([answer.status, answer.headers.get('cache-control'), answer.headers.get('content-language')]).toEqual([
      400,
      'no-store',
      'en',
    ]);
    const body = await answer.text();
    expect(JSON.parse(body)).toEqual({ err, description: expect.any(String) });
    for (const part of [...token.split('.').filter(Boolean), 'alice', 'evil', 'partner'])
      expect(body).not.toContain(part);
    expect(app.auditLog.events).toEqual([
      expect.objectContaining({ type: 'admission.refused', handler: 'signal:security_event', reason: code }),
    ]);
    expect(await call(bearer)).toBe(200);
  });

  it('is refused with opaque ids, where the configuration does not say whose they are', async () => {
    const at = await start([optionsOf(transmitter)]);
    for (const subject of [opaque('alice'), { format: 'complex', user: alice(), session: opaque('s-1') }])
      expect((await push(await transmitter.event('session-revoked', subject), { at })).status).toBe(400);
    await at.close();
  });

  it.each(['application/jwt', 'application/json', 'text/plain', 'application/x-www-form-urlencoded'])(
    'is refused as %s',
    async type => {
      const body = type === 'application/json' ? JSON.stringify({ set: await signed() }) : await signed();
      expect((await push(body, { headers: { 'content-type': type } })).status).toBe(400);
      expect(app.auditLog.events.map(({ reason }) => reason)).toEqual(['signal_malformed']);
    },
  );

  it('is refused when its body is huge, whether it says so or not', async () => {
    expect((await push('x'.repeat(40_000))).status).toBe(413);
    const stream = new ReadableStream({
      pull: controller => controller.enqueue(new TextEncoder().encode('x'.repeat(10_000))),
    });
    const answer = await fetch(`${app.url}/security-events`, {
      method: 'POST',
      body: stream,
      duplex: 'half',
      headers: { 'content-type': 'application/secevent+jwt' },
    } as RequestInit).catch(() => undefined);
    expect(answer?.status ?? 413).toBe(413);
    expect(app.auditLog.events.map(({ reason }) => reason)).toEqual(['token_too_large', 'token_too_large']);
  });

  it('is acknowledged when it comes again, though a later login goes on', async () => {
    const event = await signed();
    expect((await push(event)).status).toBe(202);
    now += 60_000;
    const later = bearerOf();
    expect((await push(event)).status).toBe(202);
    expect(await call(later)).toBe(200);
    // Also when its id is remembered no more.
    now += 7_200_000;
    const muchLater = bearerOf();
    expect((await push(event)).status).toBe(202);
    expect(await call(muchLater)).toBe(200);
    expect(app.auditLog.types()).toEqual([
      'identity.revoked',
      'execution.intent',
      'execution.outcome',
      'execution.intent',
      'execution.outcome',
    ]);
  });

  it('that comes late, behind a newer one, ends who it names all the same', async () => {
    const older = await transmitter.event('account-disabled', alice());
    now += 2_000;
    const newer = await transmitter.event('account-disabled', { ...alice(), sub: 'bob' });
    const [alices, bobs] = [bearerOf(), bearerOf({ sub: 'bob' })];
    expect((await push(newer)).status).toBe(202);
    expect((await push(older)).status).toBe(202);
    expect([await call(alices), await call(bobs)]).toEqual([401, 401]);
  });

  it('is not acknowledged while the store is away, and holds when it comes again', async () => {
    const [event, bearer] = [await signed(), bearerOf()];
    store.isAway = true;
    const answer = await push(event);
    store.isAway = false;
    expect(answer.status).toBe(503);
    expect(await call(bearer)).toBe(200);
    expect((await push(event)).status).toBe(202);
    expect(await call(bearer)).toBe(401);
  });

  it('is not acknowledged because it counts in this process alone: it is stored when it comes again, and both are on the audit log', async () => {
    const event = await signed();
    Object.assign(store, { isAway: true, countsHere: true, confirmed: 0 });
    app.auditLog.events.length = 0;
    expect((await push(event)).status).toBe(503);
    expect((await push(event)).status).toBe(503);
    Object.assign(store, { isAway: false, countsHere: false });
    expect((await push(event)).status).toBe(202);
    expect(store.confirmed).toBe(1);
    const ends = app.auditLog.events.filter(({ type }) => type === 'identity.revoked');
    expect(ends.map(({ outcome, handler }) => [outcome, handler])).toEqual([
      ['failed', 'signal:security_event'],
      ['failed', 'signal:security_event'],
      ['ok', 'signal:security_event'],
    ]);
  });
});

function unsigned(token: string): string {
  return `${Buffer.from('{"alg":"none","typ":"secevent+jwt"}').toString('base64url')}.${token.split('.')[1]}.`;
}

/** Signed with what everybody knows, as if it were a secret. */
function hmac(token: string): string {
  const [, body] = token.split('.');
  const head = Buffer.from(JSON.stringify({ alg: 'HS256', typ: 'secevent+jwt' })).toString('base64url');
  return `${head}.${body}.${createHmac('sha256', 'public').update(`${head}.${body}`).digest('base64url')}`;
}
