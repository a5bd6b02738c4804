import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { type DelegatedFetch, type TargetOptions } from 'nestjs-eie';
import { type DelegatingApp, startDelegating } from '../../support/delegating-app.js';
import { type LyingIssuer, startLyingIssuer, tokenAnswer } from '../../support/lying-issuer.js';
import { type Loopback, startLoopback } from '../../support/loopback.js';
import { type SoundAnswers, soundAnswers } from '../../support/sound-answers.js';
import { BILLING, MCP, ORDERS, startWorld, type World } from '../../support/world.js';

const INVALID_TOKEN = 'Bearer realm="orders", error="invalid_token", error_description="revoked"';

describe('a target that refuses a token', () => {
  let world: World;
  let issuer: LyingIssuer;
  let api: Loopback;
  let app: DelegatingApp;
  let answers: SoundAnswers;
  /** What the target was sent: method, body, token. */
  let sent: [method: string, body: string, token: string][];
  let respond: (response: ServerResponse, token: string, request: IncomingMessage) => unknown;

  beforeAll(async () => {
    world = await startWorld();
    issuer = await startLyingIssuer();
    api = await startLoopback((request, response) => {
      void request.toArray().then(chunks => {
        const token = request.headers.authorization!.slice('Bearer '.length);
        sent.push([request.method!, Buffer.concat(chunks).toString(), token]);
        respond(response, token, request);
      });
    });
    const target: TargetOptions = {
      mode: 'on_behalf_of',
      baseUrl: api.url,
      issuer: issuer.issuerOptions.issuer,
      resource: ORDERS,
      scopes: ['orders:read'],
    };
    const targets = {
      orders_api: target,
      billing_api: { ...target, mode: 'service_identity' as const, resource: BILLING },
    };
    app = await startDelegating(world, { options: { issuers: [issuer.issuerOptions], targets } });
  });
  afterAll(async () => {
    await app.close();
    await Promise.all([issuer.close(), api.close(), world.close()]);
  });
  beforeEach(() => {
    issuer.answer = answers = soundAnswers(issuer);
    sent = [];
    app.auditLog.events.length = 0;
  });

  const refuse = (response: ServerResponse, challenge = INVALID_TOKEN, status = 401): unknown =>
    response.writeHead(status, { 'www-authenticate': challenge }).end('{"why":"refused"}');
  /** Takes every token that is not one of the first so many. */
  const refuseFirst = (tokens: number) =>
    (respond = (response, token) =>
      answers.given.indexOf(token) < tokens ? refuse(response) : response.end('{"taken":true}'));
  const call = (init?: RequestInit) => async (target: DelegatedFetch) => {
    const response = await target('/', init);
    return [response.status, await response.text()];
  };
  const delegations = () =>
    app.auditLog.events
      .filter(({ type }) => type.startsWith('delegation'))
      .map(({ type, outcome, reason }) => [type, outcome, reason]);

  it.each<[kind: string, body: BodyInit | null, text: string]>([
    ['without a body', null, ''],
    ['with text', '{"id":1}', '{"id":1}'],
    ['with bytes', new TextEncoder().encode('bytes'), 'bytes'],
    ['with a form', new URLSearchParams({ id: '1' }), 'id=1'],
    ['with a blob', new Blob(['blob']), 'blob'],
  ])('is sent the same request %s again, once, with a token that is exchanged anew', async (_kind, body, text) => {
    refuseFirst(1);
    expect(await app.as(await issuer.freshToken(), call({ method: 'PUT', body }))).toEqual([200, '{"taken":true}']);
    expect(sent).toEqual([
      ['PUT', text, answers.given[0]],
      ['PUT', text, answers.given[1]],
    ]);
    expect(answers.asked).toHaveLength(2);
  });

  it('leaves one intent and one outcome on the audit log, as any call does', async () => {
    refuseFirst(1);
    await app.as(await issuer.freshToken(), call());
    expect(delegations()).toEqual([
      ['delegation.intent', 'started', null],
      ['delegation.outcome', 'ok', null],
    ]);
  });

  it.each([
    'Bearer error=invalid_token',
    'Bearer error = "invalid_token"',
    'Basic realm="a", Bearer error="invalid_token"',
  ])('is sent the request again with another token, however it writes that (%s)', async challenge => {
    respond = (response, token) =>
      answers.given.indexOf(token) < 1 ? refuse(response, challenge) : response.end('{"taken":true}');
    expect(await app.as(await issuer.freshToken(), call())).toEqual([200, '{"taken":true}']);
    expect(sent).toHaveLength(2);
  });

  it('is sent the token of this server anew as well', async () => {
    refuseFirst(1);
    expect(await app.as(await issuer.freshToken(), call(), 'billing_api')).toEqual([200, '{"taken":true}']);
    expect(answers.asked.map(asked => asked.get('grant_type'))).toEqual(['client_credentials', 'client_credentials']);
    expect(sent).toHaveLength(2);
  });

  it.each<[kind: string, init: () => object]>([
    ['a stream', () => ({ body: Readable.toWeb(Readable.from(['one ', 'two'])), duplex: 'half' })],
    [
      'what is read while it is sent',
      () => ({ body: Readable.from([Buffer.from('one '), Buffer.from('two')]), duplex: 'half' }),
    ],
  ])(
    'is not sent %s a second time: its answer is handed on, and the next call has a new token',
    async (_kind, init) => {
      const token = await issuer.freshToken();
      refuseFirst(1);
      expect(await app.as(token, call({ method: 'POST', ...init() }))).toEqual([401, '{"why":"refused"}']);
      expect(sent).toEqual([['POST', 'one two', answers.given[0]]]);
      expect(delegations()).toEqual([
        ['delegation.intent', 'started', null],
        ['delegation.outcome', 'refused', 'http_401'],
      ]);
      expect(await app.as(token, call({ method: 'POST', ...init() }))).toEqual([200, '{"taken":true}']);
      expect(sent.slice(1)).toEqual([['POST', 'one two', answers.given[1]]]);
    },
  );

  it('is sent a Request without a body again, and one with a body once', async () => {
    refuseFirst(1);
    const [got, posted] = [
      (target: DelegatedFetch) => target(new Request(`${api.url}/`)),
      (target: DelegatedFetch) => target(new Request(`${api.url}/`, { method: 'POST', body: 'x' })),
    ];
    expect((await app.as(await issuer.freshToken(), got)).status).toBe(200);
    refuseFirst(3);
    expect((await app.as(await issuer.freshToken(), posted)).status).toBe(401);
    expect(sent.map(([method, body]) => [method, body])).toEqual([
      ['GET', ''],
      ['GET', ''],
      ['POST', 'x'],
    ]);
  });

  it('that refuses the new one too is not asked a third time: its answer is handed on', async () => {
    refuseFirst(2);
    expect(await app.as(await issuer.freshToken(), call())).toEqual([401, '{"why":"refused"}']);
    expect([sent.length, answers.asked.length]).toEqual([2, 2]);
    expect(delegations()).toEqual([
      ['delegation.intent', 'started', null],
      ['delegation.outcome', 'refused', 'http_401'],
    ]);
  });

  it.each([
    [401, 'Bearer realm="orders"'],
    [401, 'Bearer error="insufficient_user_authentication", acr_values="gold"'],
    [401, 'Bearer error="invalid_tokens"'],
    [403, 'Bearer error="insufficient_scope", scope="orders:admin"'],
    [403, INVALID_TOKEN],
    [400, INVALID_TOKEN],
  ])(
    'for another reason (%i, %s) has its answer handed on as it is, and its token stays',
    async (status, challenge) => {
      const token = await issuer.freshToken();
      respond = response => refuse(response, challenge, status);
      const answered = await app.as(token, async target => {
        const response = await target('/');
        return [response.status, response.headers.get('www-authenticate'), await response.text()];
      });
      expect(answered).toEqual([status, challenge, '{"why":"refused"}']);
      await app.as(token, call());
      expect([sent.length, answers.asked.length]).toEqual([2, 1]);
    },
  );

  it('makes fifty calls at once exchange one new token, and not one each', async () => {
    const token = await issuer.freshToken();
    refuseFirst(1);
    const calls = await Promise.all(Array.from({ length: 50 }, () => app.as(token, call())));
    expect(calls).toEqual(Array(50).fill([200, '{"taken":true}']));
    expect(answers.asked).toHaveLength(2);
  });

  it('gets nothing more when the authorization server denies a new token, and its caller is told that', async () => {
    respond = response => {
      issuer.answer = tokenAnswer({ error: 'invalid_grant' }, 400);
      refuse(response);
    };
    await expect(app.as(await issuer.freshToken(), call())).rejects.toMatchObject({
      code: 'delegation_reauthenticate',
    });
    expect(sent).toHaveLength(1);
    expect(delegations()).toEqual([
      ['delegation.intent', 'started', null],
      ['delegation.outcome', 'refused', 'delegation_reauthenticate'],
    ]);
  });

  it('and takes none at all, costs a few exchanges, and not one for each call; once it takes one, all is as before', async () => {
    const token = await issuer.freshToken();
    refuseFirst(Infinity);
    for (let i = 0; i < 12; i++) expect((await app.as(token, call()))[0]).toBe(401);
    expect(answers.asked).toHaveLength(6);
    refuseFirst(0);
    expect((await app.as(token, call()))[0]).toBe(200);
    refuseFirst(6);
    expect((await app.as(token, call()))[0]).toBe(200);
    expect(answers.asked).toHaveLength(7);
  });

  it('is not sent the token that came in, nor called in another mode', async () => {
    const token = await issuer.sign({ aud: MCP, scope: 'orders:read', jti: randomUUID() });
    refuseFirst(9);
    await app.as(token, call());
    expect(sent.map(([, , one]) => one)).not.toContain(token);
    expect(new Set(answers.asked.map(asked => asked.get('grant_type')))).toEqual(
      new Set(['urn:ietf:params:oauth:grant-type:token-exchange']),
    );
  });
});
