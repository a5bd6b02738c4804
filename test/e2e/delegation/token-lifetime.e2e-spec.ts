import { randomUUID } from 'node:crypto';
import { type RequestListener } from 'node:http';
import { type DelegatedFetch, type TargetOptions } from 'nestjs-eie';
import { type DelegatingApp, startDelegating } from '../../support/delegating-app.js';
import { type LyingIssuer, startLyingIssuer, tokenAnswer } from '../../support/lying-issuer.js';
import { type Loopback, startLoopback } from '../../support/loopback.js';
import { soundAnswers } from '../../support/sound-answers.js';
import { MCP, ORDERS, startWorld, type World } from '../../support/world.js';

const call = async (target: DelegatedFetch) => (await target('/')).status;
const failing = (error: { code: string }) => error.code;

describe('an exchanged token', () => {
  let world: World;
  let issuer: LyingIssuer;
  let api: Loopback;
  let app: DelegatingApp;
  /** Seconds since the epoch. */
  let now = Math.floor(Date.now() / 1000);

  beforeAll(async () => {
    world = await startWorld();
    issuer = await startLyingIssuer();
    api = await startLoopback();
    const target: TargetOptions = {
      mode: 'on_behalf_of',
      baseUrl: api.url,
      issuer: issuer.issuerOptions.issuer,
      resource: ORDERS,
      scopes: ['orders:read'],
    };
    const targets = { orders_api: target, opaque_api: { ...target, actEvidence: 'none' as const } };
    app = await startDelegating(world, {
      options: { ports: { clock: () => now * 1000 }, issuers: [issuer.issuerOptions], targets },
    });
  });
  beforeEach(() => (now = Math.floor(Date.now() / 1000)));
  afterAll(async () => {
    await app.close();
    await Promise.all([issuer.close(), api.close(), world.close()]);
  });

  const login = (lifetime = 3600) =>
    issuer.sign({ aud: MCP, scope: 'orders:read', jti: randomUUID(), iat: now, exp: now + lifetime });
  /** How many requests to the token endpoint it takes to call at each of these moments, in seconds from now. */
  async function asked(token: string, moments: number[], target = 'orders_api'): Promise<number[]> {
    const [start, counts] = [now, [] as number[]];
    for (const moment of moments) {
      now = start + moment;
      const before = issuer.tokenRequests();
      expect(await app.as(token, call, target)).toBe(200);
      counts.push(issuer.tokenRequests() - before);
    }
    return counts;
  }

  it('is used for five minutes and no longer, however long it lives', async () => {
    issuer.answer = soundAnswers(issuer, { claims: () => ({ exp: now + 3600 }) });
    expect(await asked(await login(), [0, 1, 299, 300, 301, 599, 600])).toEqual([1, 0, 0, 1, 0, 0, 1]);
  });

  it('is used until ten seconds before its own expiry', async () => {
    issuer.answer = soundAnswers(issuer, { claims: () => ({ exp: now + 60 }) });
    expect(await asked(await login(), [0, 49, 50, 99, 100])).toEqual([1, 0, 1, 0, 1]);
  });

  it('is used until ten seconds before its answer says that it expires, where that is sooner', async () => {
    issuer.answer = soundAnswers(issuer, { claims: () => ({ exp: now + 3600 }), body: { expires_in: 60 } });
    expect(await asked(await login(), [0, 49, 50])).toEqual([1, 0, 1]);
    issuer.answer = soundAnswers(issuer, { claims: () => ({ exp: now + 60 }), body: { expires_in: 3600 } });
    expect(await asked(await login(), [0, 49, 50])).toEqual([1, 0, 1]);
  });

  it('that lives for ten seconds is used once', async () => {
    issuer.answer = soundAnswers(issuer, { claims: () => ({ exp: now + 10 }) });
    expect(await asked(await login(), [0, 0, 1])).toEqual([1, 1, 1]);
  });

  it('that cannot be read is kept as long as the answer says, and not at all when it says nothing', async () => {
    issuer.answer = tokenAnswer({ access_token: 'opaque-and-good', token_type: 'Bearer', expires_in: 40 });
    expect(await asked(await login(), [0, 29, 30], 'opaque_api')).toEqual([1, 0, 1]);
    issuer.answer = tokenAnswer({ access_token: 'opaque-and-good', token_type: 'Bearer' });
    expect(await asked(await login(), [0, 0], 'opaque_api')).toEqual([1, 1]);
  });

  it('does not outlive the token it was made from', async () => {
    issuer.answer = soundAnswers(issuer, { claims: () => ({ exp: now + 3600 }) });
    const token = await login(100);
    expect(await asked(token, [0, 99])).toEqual([1, 0]);
    now += 1;
    await expect(app.as(token, call)).rejects.toThrow('answered with 401');
  });

  it('is not sent by a call that began while the token it was made from was valid, and goes on after it', async () => {
    issuer.answer = soundAnswers(issuer, { claims: () => ({ exp: now + 3600 }) });
    const sent = api.requests.length;
    const twice = app.as(await login(100), async target => {
      await target('/');
      now += 100;
      return target('/').catch(failing);
    });
    expect(await twice).toBe('identity_expired');
    expect(api.requests).toHaveLength(sent + 1);
  });

  const refusing = (error: string, status = 400): RequestListener => tokenAnswer({ error }, status);

  it('that was denied is denied for ten seconds more without asking, to that caller alone', async () => {
    const [token, bobs] = [await login(), await issuer.sign({ aud: MCP, scope: 'orders:read', sub: 'bob' })];
    issuer.answer = refusing('access_denied');
    expect(await app.as(token, call).catch(failing)).toBe('delegation_denied');
    const before = issuer.tokenRequests();
    issuer.answer = soundAnswers(issuer);
    now += 9;
    expect(await app.as(token, call).catch(failing)).toBe('delegation_denied');
    expect(issuer.tokenRequests()).toBe(before);
    expect(app.auditLog.last('delegation.outcome')).toMatchObject({ outcome: 'refused', reason: 'delegation_denied' });
    expect(await app.as(bobs, call)).toBe(200);
    now += 1;
    expect(await app.as(token, call)).toBe(200);
  });

  it.each([
    ['an outage', 'delegation_unavailable', (_request, response) => response.writeHead(503).end()],
    ['a user who has to sign in again', 'delegation_reauthenticate', refusing('invalid_grant')],
    ['a user who has to authenticate anew', 'delegation_step_up', refusing('login_required')],
    ['a wrong client', 'delegation_misconfigured', refusing('invalid_client', 401)],
    [
      'a token that proves nothing',
      'delegated_token_refused',
      tokenAnswer({ access_token: 'opaque', token_type: 'Bearer' }),
    ],
  ] as [string, string, RequestListener][])(
    'that could not be had because of %s is asked for anew at once',
    async (_why, code, answer) => {
      const token = await login();
      issuer.answer = answer;
      expect(await app.as(token, call).catch(failing)).toBe(code);
      issuer.answer = soundAnswers(issuer);
      expect(await asked(token, [0, 0])).toEqual([1, 0]);
    },
  );
});
