import { type IncomingHttpHeaders } from 'node:http';
import { decodeJwt } from 'jose';
import { type DelegatedFetch, type TargetOptions } from 'nestjs-eie';
import { type DelegatingApp, startDelegating } from '../../support/delegating-app.js';
import { type LyingIssuer, startLyingIssuer } from '../../support/lying-issuer.js';
import { type Loopback, startLoopback } from '../../support/loopback.js';
import { soundAnswers } from '../../support/sound-answers.js';
import { MCP, ORDERS, startWorld, type World } from '../../support/world.js';

const ADVISORY = ['x-actor-sub', 'x-agent-id', 'x-delegation-mode', 'x-trace-id'];
const RESERVED = [
  ...ADVISORY,
  'authorization',
  'proxy-authorization',
  'cookie',
  'dpop',
  'traceparent',
  'tracestate',
  'baggage',
  'txn-token',
];

describe('the headers of a delegated call', () => {
  let world: World;
  let issuer: LyingIssuer;
  let api: Loopback;
  let app: DelegatingApp;
  let refuse: number;

  beforeAll(async () => {
    world = await startWorld();
    issuer = await startLyingIssuer();
    issuer.answer = soundAnswers(issuer);
    api = await startLoopback((request, response) => {
      if (request.url === '/v1/moved') return response.writeHead(307, { location: '/v1/here' }).end();
      if (refuse-- > 0) response.writeHead(401, { 'www-authenticate': 'Bearer error="invalid_token"' });
      response.end('{}');
    });
    const target: TargetOptions = {
      mode: 'on_behalf_of',
      baseUrl: `${api.url}/v1`,
      issuer: issuer.issuerOptions.issuer,
      resource: ORDERS,
      scopes: ['orders:read'],
    };
    const targets = {
      orders_api: target,
      external_api: { ...target, external: true },
      once_api: { ...target, singleUse: true },
      own_api: { ...target, mode: 'service_identity' as const },
    };
    app = await startDelegating(world, {
      options: { issuers: [{ ...issuer.issuerOptions, agents: { 'desk-copilot': 'agent "7" – Ω' } }], targets },
    });
  });
  afterAll(async () => {
    await app.close();
    await Promise.all([issuer.close(), api.close(), world.close()]);
  });
  beforeEach(() => {
    refuse = 0;
    api.requests.length = 0;
  });

  async function headers(sub: string, target?: string): Promise<IncomingHttpHeaders> {
    await app.as(
      await issuer.sign({ aud: MCP, scope: 'orders:read', sub }),
      async fetched => (await fetched('/')).status,
      target,
    );
    return api.requests.at(-1)!.headers;
  }

  it.each([
    'alice',
    'Zoë "the boss" O\'Neil, 100% <z@shop.test>',
    '日本語-🚚',
    'a;b=c,d',
    'https://login.test/users/1',
  ])('say for the logs of the target who calls (%s), in characters of any log', async sub => {
    const got = await headers(sub);
    expect(ADVISORY.map(name => decodeURIComponent(got[name] as string))).toEqual([
      sub,
      'agent "7" – Ω',
      'on_behalf_of',
      app.auditLog.last('delegation.outcome').trace_id,
    ]);
    for (const name of ADVISORY) expect(got[name]).toMatch(/^[\w.!~*'()%-]+$/);
    expect(got.traceparent).toMatch(new RegExp(`^00-${got['x-trace-id'] as string}-[0-9a-f]{16}-02$`));
  });

  it('say the mode of each target', async () => {
    expect((await headers('alice', 'own_api'))['x-delegation-mode']).toBe('service_identity');
  });

  it('say nothing of user, agent or mode to a target outside the trust domain', async () => {
    const got = await headers('alice', 'external_api');
    for (const name of [...ADVISORY, 'txn-token']) expect(got).not.toHaveProperty(name);
    expect(got).toMatchObject({ authorization: expect.stringMatching(/^Bearer ./), traceparent: expect.any(String) });
  });

  const spelled = (name: string) => [
    name,
    name.toUpperCase(),
    name.replace(/\b[a-z]/g, letter => letter.toUpperCase()),
  ];
  const ways = (name: string, value: string): ((target: DelegatedFetch) => Promise<Response>)[] => [
    target => target('/', { headers: { [name]: value } }),
    target =>
      target('/', {
        headers: [
          ['accept', '*/*'],
          [name, value],
        ],
      }),
    target => target('/', { headers: new Headers({ [name]: value }) }),
    target => target(new Request(`${api.url}/v1/`, { headers: { [name]: value } })),
    target => target(new Request(`${api.url}/v1/`), { headers: { [name]: value } }),
    target => target(new Request(`${api.url}/v1/`, { headers: { [name]: value } }), { method: 'POST', body: 'x' }),
  ];

  it.each(RESERVED)(
    "that are set here alone: %s of the caller's own is refused in any form and spelling, also when empty",
    async name => {
      const attempts = spelled(name)
        .flatMap(one => ways(one, 'x'))
        .concat(ways(name, ''));
      const codes = await app.as(await issuer.freshToken(), target =>
        Promise.all(
          attempts.map(attempt =>
            attempt(target).then(
              () => 'sent',
              (error: { code: string }) => error.code,
            ),
          ),
        ),
      );
      expect(codes).toEqual(attempts.map(() => 'target_request_refused'));
      expect(api.requests).toHaveLength(0);
      expect(app.auditLog.last('delegation.refused')).toMatchObject({
        reason: 'target_request_refused',
        actor_sub: 'alice',
        target: 'orders_api',
        outcome: 'refused',
      });
    },
  );

  it('that are refused to a target outside the trust domain too, where none of ours would stand in their place', async () => {
    await expect(
      app.as(await issuer.freshToken(), target => target('/', { headers: { 'x-actor-sub': 'root' } }), 'external_api'),
    ).rejects.toMatchObject({ code: 'target_request_refused' });
  });

  it("that are the caller's own and none of ours arrive, but none that would lead elsewhere", async () => {
    const own = { accept: 'text/csv', 'x-request-id': '1', 'if-match': '"etag"', host: 'admin.shop.test' };
    await app.as(await issuer.freshToken(), async target => (await target('/', { headers: own })).status);
    expect(api.requests[0]!.headers).toMatchObject({ ...own, host: new URL(api.url).host });
  });

  it('hold one Txn-Token for a whole execution, or one for each call where the target takes each once', async () => {
    const token = await issuer.freshToken();
    const three = async (target: DelegatedFetch) => {
      for (let i = 0; i < 3; i++) await target('/');
    };
    await app.as(token, three);
    const shared = api.requests.splice(0).map(({ headers: one }) => one['txn-token'] as string);
    expect([new Set(shared).size, decodeJwt(shared[0]!).jti]).toEqual([1, undefined]);
    refuse = 1;
    await app.as(token, three, 'once_api');
    const once = api.requests.map(({ headers: one }) => decodeJwt(one['txn-token'] as string));
    // Three calls, and the first one again with another access token.
    expect([once.length, new Set(once.map(({ jti }) => jti)).size, new Set(once.map(({ txn }) => txn)).size]).toEqual([
      4, 4, 1,
    ]);
  });

  it('are sent after a redirect inside the target, but not where the Txn-Token is taken once', async () => {
    const token = await issuer.freshToken();
    expect(await app.as(token, async target => (await target('/moved')).status)).toBe(200);
    expect(api.requests.splice(0).map(({ url }) => url)).toEqual(['/v1/moved', '/v1/here']);
    await expect(app.as(token, target => target('/moved'), 'once_api')).rejects.toMatchObject({
      code: 'target_redirect_refused',
    });
    expect(api.requests.map(({ url }) => url)).toEqual(['/v1/moved']);
  });
});
