import { type RequestListener } from 'node:http';
import { jest } from '@jest/globals';
import { type DelegatedFetch, type TargetOptions } from 'nestjs-eie';
import { type DelegatingApp, startDelegating } from '../../support/delegating-app.js';
import { type LyingIssuer, startLyingIssuer, tokenAnswer } from '../../support/lying-issuer.js';
import { type Loopback, startLoopback } from '../../support/loopback.js';
import { soundAnswers } from '../../support/sound-answers.js';
import { BILLING, ORDERS, startWorld, type World } from '../../support/world.js';

const call = async (target: DelegatedFetch) => (await target('/')).status;
const code = (error: { code: string }) => error.code;
const json =
  (text: string): RequestListener =>
  (_request, response) =>
    response.end(text);
const down: RequestListener = (_request, response) => response.writeHead(503).end();

describe('an authorization server that fails', () => {
  let world: World;
  let issuer: LyingIssuer;
  let other: LyingIssuer;
  let api: Loopback;
  let app: DelegatingApp;
  const told: string[] = [];

  beforeAll(async () => {
    world = await startWorld();
    api = await startLoopback();
  });
  afterAll(() => Promise.all([world.close(), api.close()]));

  beforeEach(async () => {
    [issuer, other] = await Promise.all([startLyingIssuer(), startLyingIssuer()]);
    [issuer, other].forEach(one => (one.answer = soundAnswers(one)));
    const target: TargetOptions = {
      mode: 'on_behalf_of',
      baseUrl: api.url,
      issuer: issuer.issuerOptions.issuer,
      resource: ORDERS,
      scopes: ['orders:read'],
    };
    const own = { ...target, mode: 'service_identity' as const, resource: BILLING };
    const targets = { orders_api: target, billing_api: own, other_api: { ...own, issuer: other.issuerOptions.issuer } };
    const ports = { diagnostics: { report: ({ message }: { message: string }) => void told.push(message) } };
    const issuers = [issuer.issuerOptions, other.issuerOptions];
    app = await startDelegating(world, { options: { issuers, targets, ports } });
    api.requests.length = told.length = 0;
  });
  afterEach(async () => {
    jest.restoreAllMocks();
    await app.close();
    await Promise.all([issuer.close(), other.close()]);
  });

  it('once is asked once more, and the call goes on', async () => {
    const sound = issuer.answer;
    issuer.answer = (request, response) => (issuer.tokenRequests() === 1 ? down : sound)(request, response);
    expect(await app.as(issuer.userToken, call)).toBe(200);
    expect(issuer.tokenRequests()).toBe(2);
  });

  it('five times in a row is not asked any more, in no mode and for nobody, and other servers are', async () => {
    issuer.answer = down;
    for (let i = 0; i < 5; i++) expect(await app.as(issuer.userToken, call).catch(code)).toBe('delegation_unavailable');
    expect(issuer.tokenRequests()).toBe(10);
    issuer.answer = soundAnswers(issuer);
    for (const [token, target] of [
      [issuer.userToken, 'orders_api'],
      [await issuer.freshToken(), 'orders_api'],
      [issuer.userToken, 'billing_api'],
    ] as const) {
      expect(await app.as(token, call, target).catch(code)).toBe('delegation_unavailable');
    }
    expect([issuer.tokenRequests(), api.requests.length]).toEqual([10, 0]);
    expect(told[4]).toContain('/token: 503. To fix it: Open the token endpoint');
    expect(told[5]).toContain(': not asked. To fix it: It gave five calls in a row no answer');
    expect(app.auditLog.last('delegation.outcome')).toMatchObject({
      outcome: 'failed',
      reason: 'delegation_unavailable',
      target: 'billing_api',
    });
    expect(await app.as(issuer.userToken, call, 'other_api')).toBe(200);
  });

  it('for a target of this server is not asked for a token of the user instead, nor the other way round', async () => {
    const asked: string[] = [];
    issuer.answer = (request, response) =>
      void request.toArray().then(chunks => {
        asked.push(new URLSearchParams(Buffer.concat(chunks).toString()).get('grant_type')!);
        response.writeHead(503).end();
      });
    for (const target of ['orders_api', 'billing_api'])
      await expect(app.as(issuer.userToken, call, target)).rejects.toMatchObject({ code: 'delegation_unavailable' });
    const exchange = 'urn:ietf:params:oauth:grant-type:token-exchange';
    expect(asked).toEqual([exchange, exchange, 'client_credentials', 'client_credentials']);
    expect(api.requests).toHaveLength(0);
  });

  it.each([429, 400])('by saying that it is asked too much (%i) is not asked again at once', async status => {
    issuer.answer = tokenAnswer({ error: 'slow_down' }, status);
    expect(await app.as(issuer.userToken, call).catch(code)).toBe('delegation_rate_limited');
    expect(issuer.tokenRequests()).toBe(1);
  });

  it('by saying when it has time again is not asked before, by that caller, who is told how long', async () => {
    const sound = issuer.answer;
    for (const [status, error, expected] of [
      [429, 'slow_down', 'delegation_rate_limited'],
      [503, 'temporarily_unavailable', 'delegation_unavailable'],
    ] as const) {
      const [first, other, before] = [await issuer.freshToken(), await issuer.freshToken(), issuer.tokenRequests()];
      issuer.answer = (_request, response) =>
        response
          .writeHead(status, { 'content-type': 'application/json', 'retry-after': '30' })
          .end(JSON.stringify({ error }));
      for (let i = 0; i < 10; i++)
        expect(await app.as(first, call).catch((one: unknown) => one)).toMatchObject({
          code: expected,
          retryAfter: 30,
        });
      expect(issuer.tokenRequests()).toBe(before + 1);
      issuer.answer = sound;
      expect(await app.as(other, call)).toBe(200);
    }
  });

  it('and says with its failure when to come back is not asked once more at once', async () => {
    issuer.answer = (_request, response) =>
      response.writeHead(503, { 'retry-after': '30' }).end('<h1>Maintenance</h1>');
    const token = await issuer.freshToken();
    for (let i = 0; i < 3; i++)
      expect(await app.as(token, call).catch((one: unknown) => one)).toMatchObject({
        code: 'delegation_unavailable',
        retryAfter: 30,
      });
    expect(issuer.tokenRequests()).toBe(1);
  });

  it.each<[what: string, answer: RequestListener]>([
    ['says that it is asked too much', tokenAnswer({ error: 'slow_down' }, 429)],
    [
      'denies with a page of a firewall',
      (_request, response) => response.writeHead(403, { 'content-type': 'text/html' }).end('<h1>Blocked</h1>'),
    ],
    [
      'sends a page with status 200',
      (_request, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Sign in</h1>'),
    ],
    ['denies', tokenAnswer({ error: 'invalid_grant' }, 400)],
    ['sends what is no JSON', json('{"access_token":')],
  ])('when it %s to one user, however often, still answers all others', async (_what, refused) => {
    const [first, other] = [issuer.userToken, await issuer.freshToken()];
    const sound = issuer.answer;
    issuer.answer = refused;
    for (let i = 0; i < 10; i++) expect(await app.as(first, call).catch(code)).not.toBe(200);
    issuer.answer = sound;
    expect(await app.as(other, call)).toBe(200);
  });

  it.each<[what: string, answer: RequestListener]>([
    ['does not begin to answer', () => undefined],
    ['begins and does not end', (_request, response) => void response.write('{"access_token":"')],
  ])('and %s is given five seconds, twice', async (_what, answer) => {
    let late: AbortController;
    const timeout = jest.spyOn(AbortSignal, 'timeout').mockImplementation(() => (late = new AbortController()).signal);
    issuer.answer = (request, response) => {
      answer(request, response);
      setTimeout(() => late.abort(new DOMException('late', 'TimeoutError')), 20);
    };
    expect(await app.as(issuer.userToken, call).catch(code)).toBe('delegation_unavailable');
    expect([timeout.mock.calls, issuer.tokenRequests(), api.requests.length]).toEqual([[[5000], [5000]], 2, 0]);
  });

  const sound = { token_type: 'Bearer', issued_token_type: 'urn:ietf:params:oauth:token-type:access_token' };
  it.each<[what: string, answer: RequestListener]>([
    ['5 MB', json(JSON.stringify({ ...sound, access_token: 'token', padding: 'x'.repeat(5_000_000) }))],
    [
      'a stream without an end',
      (_request, response) => void setInterval(() => response.write('x'.repeat(64_000)), 1).unref(),
    ],
    ['a member twice', json('{"access_token":"one","access_token":"two","token_type":"Bearer"}')],
    ['a member twice, deep inside', json('{"access_token":"one","token_type":"Bearer","x":[{"a":1,"a":2}]}')],
    ['half of an answer', json('{"access_token":"token","token_ty')],
    ['a list', json('[]')],
    ['no token', tokenAnswer(sound)],
    ['a token that is no text', tokenAnswer({ ...sound, access_token: ['token'] })],
    ['HTML that calls itself JSON', json('<h1>It works</h1>')],
    ['a redirect to the target', (_request, response) => response.writeHead(307, { location: `${api.url}/` }).end()],
  ])('by answering with %s is not believed: nothing is sent and nothing kept', async (_what, answer) => {
    issuer.answer = answer;
    expect(await app.as(issuer.userToken, call).catch(code)).toBe('delegation_unavailable');
    expect(api.requests).toHaveLength(0);
    const [sound, before] = [soundAnswers(issuer), issuer.tokenRequests()];
    issuer.answer = sound;
    expect(await app.as(issuer.userToken, call)).toBe(200);
    expect(issuer.tokenRequests()).toBe(before + 1);
    expect(api.requests.map(({ headers }) => headers.authorization)).toEqual([`Bearer ${sound.given[0]}`]);
  });

  const TYPE = 'urn:ietf:params:oauth:token-type:';
  it.each<[what: string, body: object]>([
    ['is no access token', { token_type: 'N_A' }],
    ['has to be proven', { token_type: 'DPoP' }],
    ['is a refresh token', { issued_token_type: `${TYPE}refresh_token` }],
    ['is an ID token', { issued_token_type: `${TYPE}id_token` }],
    ['is a SAML assertion', { issued_token_type: `${TYPE}saml2` }],
  ])('by saying that its token %s is not believed, though the token is sound', async (_what, body) => {
    issuer.answer = soundAnswers(issuer, { body });
    expect(await app.as(issuer.userToken, call).catch(code)).toBe('delegated_token_refused');
    expect(api.requests).toHaveLength(0);
  });

  // Fails until answers are read strictly whatever they call themselves.
  it('by naming two tokens in an answer that calls itself text is not believed', async () => {
    const sound = soundAnswers(issuer);
    issuer.answer = (request, response) => {
      const end = response.end.bind(response) as (text: string) => typeof response;
      response.setHeader('content-type', 'text/plain');
      response.end = ((text: string) => end(text.replace('{', '{"access_token":"another",'))) as typeof response.end;
      sound(request, response);
    };
    expect(await app.as(issuer.userToken, call).catch(code)).toBe('delegation_unavailable');
  });
});
