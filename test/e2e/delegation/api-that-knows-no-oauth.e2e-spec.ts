import { createHmac } from 'node:crypto';
import { apiKey, basic, type EieError, type FinishedRequest, TargetCredential } from 'nestjs-eie';
import { type DelegatingApp, startDelegating, type Use } from '../../support/delegating-app.js';
import { type LyingIssuer, startLyingIssuer } from '../../support/lying-issuer.js';
import { type Loopback, startLoopback } from '../../support/loopback.js';
import { MCP, startWorld, type World } from '../../support/world.js';

const KEY = 'wk-5f0c2b7a91d34e6680aa';
const SIGNING_KEY = 'a signing key of the test';

/** In the manner of AWS Signature Version 4: method, URL, chosen headers and the body are signed. */
class Signed extends TargetCredential {
  readonly headers = ['Authorization', 'X-Amz-Date'] as const;
  override readonly signsBody = true;
  readonly seen: FinishedRequest[] = [];

  authorize(request: FinishedRequest) {
    this.seen.push(request);
    return { Authorization: `HMAC-SHA256 Signature=${signature(request)}`, 'x-amz-date': '20261127T035619Z' };
  }
}

const signature = ({ method, url, headers, body }: FinishedRequest): string =>
  createHmac('sha256', SIGNING_KEY)
    .update([method, url, headers['content-type'] ?? '', Buffer.from(body ?? []).toString()].join('\n'))
    .digest('hex');

/** What the port does next. */
let authorize: TargetCredential['authorize'];
class Port extends TargetCredential {
  readonly headers = ['x-port'] as const;
  authorize(request: FinishedRequest) {
    return authorize(request);
  }
}

const call: Use<number> = async target => (await target('/weather?at=home')).status;
const failure = (error: unknown): string => (error as EieError).code;

describe('a target with a credential of its own', () => {
  let world: World;
  let issuer: LyingIssuer;
  /** Whose users belong to tenants. */
  let multi: LyingIssuer;
  let api: Loopback;
  let app: DelegatingApp;
  const signed = new Signed();

  beforeAll(async () => {
    world = await startWorld();
    [issuer, multi] = [await startLyingIssuer(), await startLyingIssuer()];
    api = await startLoopback((request, response) => {
      const to = request.url!.startsWith('/moved') ? `${api.url}/weather` : undefined;
      if (to) return void response.writeHead(307, { location: to }).end();
      request.resume().on('end', () => response.end('{"ok":true}'));
    });
    const own = { mode: 'service_identity' as const, baseUrl: api.url };
    app = await startDelegating(world, {
      options: {
        issuers: [issuer.issuerOptions, { ...multi.issuerOptions, tenants: ['acme', 'globex', 'initech'] }],
        targets: {
          key_api: { ...own, credential: apiKey({ header: 'X-Api-Key', secret: KEY }) },
          basic_api: { ...own, credential: basic({ username: 'mcp', password: 'pässword of the test' }) },
          signed_api: { ...own, credential: signed },
          port_api: { ...own, credential: new Port() },
          scoped_api: { ...own, credential: apiKey({ header: 'X-Api-Key', secret: KEY }), scopes: ['weather:read'] },
          inner_api: { ...own, credential: apiKey({ header: 'X-Api-Key', secret: KEY }), external: false },
          tenant_api: {
            ...own,
            credential: apiKey({ header: 'X-Api-Key', secret: KEY }),
            tenants: { acme: { credential: apiKey({ header: 'X-Acme-Key', secret: 'the key of acme' }) }, globex: {} },
          },
        },
      },
    });
  });
  afterAll(async () => {
    await app?.close();
    await Promise.all([api, issuer, multi, world].map(one => one?.close()));
  });
  beforeEach(() => {
    api.requests.length = 0;
    signed.seen.length = 0;
  });

  const last = () => api.requests.at(-1)!.headers;

  it('is sent that credential and no token, and no authorization server is asked', async () => {
    expect(await app.as(issuer.userToken, call)).toBe(200);
    expect(last()).toMatchObject({ 'x-api-key': KEY });
    expect(last()).not.toHaveProperty('authorization');
    await app.as(issuer.userToken, call, 'basic_api');
    expect(Buffer.from(last().authorization!.replace('Basic ', ''), 'base64').toString()).toBe(
      'mcp:pässword of the test',
    );
    expect(issuer.tokenRequests()).toBe(0);
  });

  it('is on the audit log with user, agent and mode, like every delegated call', async () => {
    await app.as(issuer.userToken, call);
    expect(app.auditLog.last('delegation.outcome')).toMatchObject({
      actor_sub: 'alice',
      agent_id: 'desk-copilot',
      delegation_mode: 'service_identity',
      target: 'key_api',
      outcome: 'ok',
    });
    expect(app.auditLog.last('execution.outcome').delegations).toEqual([
      { target: 'key_api', mode: 'service_identity' },
    ]);
  });

  it('gets no signed identity and no name of the user, unless it is declared part of the trust domain', async () => {
    await app.as(issuer.userToken, call);
    for (const name of ['txn-token', 'x-actor-sub', 'x-agent-id']) expect(last()).not.toHaveProperty(name);
    await app.as(issuer.userToken, call, 'inner_api');
    expect(last()).toMatchObject({ 'txn-token': expect.any(String), 'x-actor-sub': 'alice' });
  });

  it('may be narrowed by scopes of ours: a user who holds none of them is refused, and nothing is sent', async () => {
    expect(await app.as(issuer.userToken, call, 'scoped_api').catch(failure)).toBe('delegation_scope_empty');
    expect(api.requests).toEqual([]);
  });

  it('has a credential for each tenant, where tenants have their own', async () => {
    const of = (tenant: string) => multi.sign({ aud: MCP, scope: 'orders:read', tenant });
    await app.as(await of('acme'), call, 'tenant_api');
    expect(last()).toMatchObject({ 'x-acme-key': 'the key of acme' });
    expect(last()).not.toHaveProperty('x-api-key');
    await app.as(await of('globex'), call, 'tenant_api');
    expect(last()).toMatchObject({ 'x-api-key': KEY });
    expect(await app.as(await of('initech'), call, 'tenant_api').catch(failure)).toBe('target_tenant_unknown');
  });

  it.each<[what: string, body: RequestInit['body'], sent: string]>([
    ['a text', '{"at":"home"}', '{"at":"home"}'],
    ['a form', new URLSearchParams({ at: 'home' }), 'at=home'],
    ['a stream', new Blob(['in ', 'pieces']).stream(), 'in pieces'],
  ])('signs the finished request with %s as its body: method, URL, headers and bytes', async (_what, body, sent) => {
    const post = { method: 'POST', body: body!, headers: { 'content-type': 'text/x-test' }, duplex: 'half' };
    await app.as(issuer.userToken, target => target('/weather?at=home', post as RequestInit), 'signed_api');
    const [seen] = signed.seen;
    expect(seen).toMatchObject({
      method: 'POST',
      url: `${api.url}/weather?at=home`,
      headers: { 'content-type': 'text/x-test', traceparent: last().traceparent },
    });
    expect(Buffer.from(seen!.body!).toString()).toBe(sent);
    expect(last().authorization).toBe(`HMAC-SHA256 Signature=${signature(seen!)}`);
  });

  it('signs a redirected request anew, for where it goes', async () => {
    await app.as(issuer.userToken, target => target('/moved'), 'signed_api');
    expect(signed.seen.map(({ url }) => url)).toEqual([`${api.url}/moved`, `${api.url}/weather`]);
    expect(last().authorization).toBe(`HMAC-SHA256 Signature=${signature(signed.seen[1]!)}`);
  });

  it('signs no body of more than 8 MB: it is not sent', async () => {
    const post = { method: 'POST', body: 'x'.repeat(8 * 1024 * 1024 + 1) };
    const sending = app.as(issuer.userToken, target => target('/', post), 'signed_api');
    expect(await sending.catch(failure)).toBe('target_request_refused');
    expect(api.requests).toEqual([]);
  });

  it.each<[what: string, answer: TargetCredential['authorize']]>([
    [
      'fails',
      () => {
        throw new Error(KEY);
      },
    ],
    ['rejects', () => Promise.reject(new Error(KEY))],
    ['is late', () => new Promise(() => undefined)],
    ['sets a header that it has not named', () => ({ 'x-other': KEY })],
    ['sets what is no value of a header', () => ({ 'x-port': `${KEY}\r\nx-other: 1` })],
    ['gives nothing', () => undefined as never],
  ])('is not called when its port %s: that is recorded, and says nothing of the secret', async (_what, answer) => {
    authorize = answer;
    const error: unknown = await app.as(issuer.userToken, call, 'port_api').catch((one: unknown) => one);
    expect(error).toMatchObject({ code: 'target_credential_unavailable' });
    expect(`${String(error)} ${JSON.stringify(error)}`).not.toContain(KEY);
    expect(api.requests).toEqual([]);
    expect(app.auditLog.last('delegation.outcome')).toMatchObject({
      actor_sub: 'alice',
      outcome: 'failed',
      reason: 'target_credential_unavailable',
    });
    expect(app.auditLog.last('execution.outcome').delegations).toEqual([]);
  });
});
