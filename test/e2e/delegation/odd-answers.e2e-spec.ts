import { type IncomingMessage, type RequestListener } from 'node:http';
import { type DelegatedFetch, type EieError, type TargetOptions } from 'nestjs-eie';
import { type DelegatingApp, startDelegating } from '../../support/delegating-app.js';
import { type LyingIssuer, startLyingIssuer, tokenAnswer } from '../../support/lying-issuer.js';
import { type Loopback, startLoopback } from '../../support/loopback.js';
import { soundAnswers } from '../../support/sound-answers.js';
import { until } from '../../support/until.js';
import { BILLING, ORDERS, startWorld, type World } from '../../support/world.js';

/** Bytes as they are: Node itself refuses to write some of these status lines. */
const raw = ({ socket }: IncomingMessage, status: string, body: string, encoding: BufferEncoding = 'utf8'): unknown =>
  socket.end(
    Buffer.from(
      `HTTP/1.1 ${status}\r\ncontent-type: application/json\r\ncontent-length: ${body.length}\r\nconnection: close\r\n\r\n${body}`,
      encoding,
    ),
  );
const code = (error: EieError): string => error.code;
/** What the caller was told, in whatever way it might be shown. */
const shown = (error: Error): string => [error.message, error.stack, String(error.cause)].join('\n');

describe('an odd answer', () => {
  let world: World;
  let issuer: LyingIssuer;
  let api: Loopback;
  let app: DelegatingApp;
  let answer: RequestListener;

  beforeAll(async () => {
    [world, issuer] = await Promise.all([startWorld(), startLyingIssuer()]);
    api = await startLoopback((request, response) => answer(request, response));
    const target: TargetOptions = {
      mode: 'on_behalf_of',
      baseUrl: api.url,
      issuer: issuer.issuerOptions.issuer,
      resource: ORDERS,
      scopes: ['orders:read'],
    };
    const service = { ...target, mode: 'service_identity' as const, actEvidence: 'if-jwt' as const };
    const targets = {
      orders_api: target,
      opaque_api: { ...target, actEvidence: 'none' as const },
      billing_api: { ...service, resource: BILLING },
      denied_api: { ...service, resource: 'https://denied.test' },
    };
    app = await startDelegating(world, { options: { issuers: [issuer.issuerOptions], targets } });
  });
  afterAll(async () => {
    await app?.close();
    await Promise.all([issuer, api, world].map(one => one?.close()));
  });
  beforeEach(() => {
    issuer.answer = soundAnswers(issuer);
    answer = (_request, response) => response.end('{"ok":true}');
    api.requests.length = 0;
    app.auditLog.events.length = 0;
  });
  const ended = () => {
    const { outcome, reason } = app.auditLog.last('delegation.outcome');
    return [outcome, reason];
  };

  describe('of a target', () => {
    it.each<[what: string, encoding: BufferEncoding, phrase: string]>([
      ['Latin-1', 'latin1', 'Créé'],
      ['UTF-8', 'utf8', '成功'],
      ['nothing', 'utf8', ''],
    ])('with a reason phrase of %s is an answer like any other', async (_what, encoding, phrase) => {
      answer = request => raw(request, `201 ${phrase}`, '{"ok":true}', encoding);
      const got = await app.as(await issuer.freshToken(), async target => {
        const response = await target('/', { method: 'POST', body: '1' });
        return [response.status, await response.json(), await target.json('/')];
      });
      expect(got).toEqual([201, { ok: true }, { ok: true }]);
      expect(ended()).toEqual(['ok', null]);
    });

    it('has its address, also in a copy', async () => {
      const urls = await app.as(await issuer.freshToken(), async target => {
        const response = await target('/here');
        const copies = [response.clone(), response.clone().clone()];
        return [response, ...copies].map(({ url }) => url);
      });
      expect(urls).toEqual(Array(3).fill(`${api.url}/here`));
    });

    it.each([300, 304, 306])('with %i and a location is that answer, and no redirect', async status => {
      answer = (_request, response) => response.writeHead(status, { location: '/elsewhere' }).end();
      expect(await app.as(await issuer.freshToken(), async target => (await target('/')).status)).toBe(status);
      expect(api.requests).toHaveLength(1);
    });

    it('that redirects is given, refused or followed, as the caller has asked', async () => {
      answer = ({ url }, response) =>
        url === '/moved' ? response.writeHead(302, { location: '/here' }).end() : response.end('{}');
      const status = (redirect?: RequestRedirect) => async (target: DelegatedFetch) =>
        (await target('/moved', redirect && { redirect })).status;
      const token = await issuer.freshToken();
      expect([await app.as(token, status()), await app.as(token, status('follow'))]).toEqual([200, 200]);
      expect(await app.as(token, status('manual'))).toBe(302);
      expect(
        await app.as(token, target => target(new Request(`${api.url}/moved`, { redirect: 'manual' }))),
      ).toMatchObject({ status: 302 });
      await expect(app.as(token, status('error'))).rejects.toMatchObject({ code: 'target_redirect_refused' });
      expect(ended()).toEqual(['failed', 'target_redirect_refused']);
    });
  });

  describe('of a token endpoint', () => {
    it.each([
      ['a line feed', 'secret-token\nof-alice'],
      ['a carriage return', 'secret-token\rof-alice'],
      ['a zero', 'secret-token\0of-alice'],
      ['a control character', 'secret-token\u0001of-alice'],
      ['a space', 'secret-token of-alice'],
      ['a letter outside ASCII', 'secret-token€of-alice'],
    ])('with %s in its token is refused, and nothing that is shown holds the token', async (_what, token) => {
      issuer.answer = tokenAnswer({ access_token: token, token_type: 'Bearer', expires_in: 300 });
      for (const target of ['opaque_api', 'billing_api']) {
        const error = await app.as(await issuer.freshToken(), one => one('/'), target).catch((one: unknown) => one);
        expect(error).toMatchObject({ code: 'delegated_token_refused' });
        expect(shown(error as Error)).not.toContain('secret-token');
        expect(ended()).toEqual(['refused', 'delegated_token_refused']);
      }
      expect(api.requests).toEqual([]);
    });

    it('with a reason phrase in other letters is a refusal of one user, and closes nothing for another', async () => {
      issuer.answer = request => raw(request, '400 Requête incorrecte', '{"error":"invalid_grant"}', 'latin1');
      for (let i = 0; i < 6; i++)
        expect(await app.as(await issuer.freshToken(), target => target.json('/')).catch(code)).toBe(
          'delegation_reauthenticate',
        );
      issuer.answer = soundAnswers(issuer);
      expect(await app.as(await issuer.freshToken(), target => target.json('/'))).toEqual({ ok: true });
    });

    it('with such a phrase and a token is a token', async () => {
      const claims = {
        sub: 'alice',
        client_id: 'mcp-server',
        aud: ORDERS,
        scope: 'orders:read',
        act: { sub: 'mcp-server' },
      };
      const body = JSON.stringify({
        access_token: await issuer.sign(claims),
        token_type: 'Bearer',
        issued_token_type: 'urn:ietf:params:oauth:token-type:access_token',
      });
      issuer.answer = request => raw(request, '200 成功', body);
      expect(await app.as(await issuer.freshToken(), target => target.json('/'))).toEqual({ ok: true });
    });

    it.each(['text/plain', 'nothing'])('with an error that calls itself %s is that error', async type => {
      issuer.answer = (_request, response) => {
        response.setHeader('content-type', type);
        if (type === 'nothing') response.removeHeader('content-type');
        response.writeHead(400).end('{"error":"consent_required"}');
      };
      expect(await app.as(await issuer.freshToken(), target => target.json('/')).catch(code)).toBe(
        'delegation_consent_required',
      );
    });

    it('that several callers wait for is an error of each of them', async () => {
      const waiting: (() => void)[] = [];
      issuer.answer = (request, response) =>
        void waiting.push(() => tokenAnswer({ error: 'access_denied' }, 400)(request, response));
      const token = await issuer.freshToken();
      const calls = [1, 2, 3].map(() => app.as(token, one => one('/'), 'denied_api').catch((one: unknown) => one));
      await app.begun(3);
      await until(() => waiting.length > 0);
      for (const go of waiting) go();
      const errors = await Promise.all(calls);
      expect(errors.map(one => code(one as EieError))).toEqual(Array(3).fill('delegation_denied'));
      expect(new Set(errors).size).toBe(3);
    });

    it('that asks for a stronger login says so to the next caller as well', async () => {
      issuer.answer = (_request, response) =>
        response
          .writeHead(400, { 'content-type': 'application/json', 'retry-after': '30' })
          .end(JSON.stringify({ error: 'insufficient_user_authentication', acr_values: 'gold' }));
      const token = await issuer.freshToken();
      const before = issuer.tokenRequests();
      for (let i = 0; i < 2; i++)
        await expect(app.as(token, target => target('/'))).rejects.toMatchObject({
          code: 'delegation_step_up',
          stepUp: { acrValues: 'gold' },
        });
      expect(issuer.tokenRequests()).toBe(before + 1);
    });
  });
});
