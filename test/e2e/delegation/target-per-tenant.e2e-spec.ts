import { type JWTPayload } from 'jose';
import { Client, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { IsString } from 'class-validator';
import { Authenticated, DataSubject, Delegated, type DelegatedFetch, type TargetOptions } from 'nestjs-eie';
import { EieMcpModule, Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { type DelegatingApp, startDelegating } from '../../support/delegating-app.js';
import { type LyingIssuer, startLyingIssuer } from '../../support/lying-issuer.js';
import { type Loopback, startLoopback } from '../../support/loopback.js';
import { type SoundAnswers, soundAnswers } from '../../support/sound-answers.js';
import { MCP, ORDERS, startWorld, type World } from '../../support/world.js';

const [GLOBEX_RESOURCE, GLOBEX_AUDIENCE, GLOBEX_CLIENT, GLOBEX_SECRET] = [
  'https://globex.shop.test/orders',
  'urn:globex:orders',
  'mcp-at-globex',
  'secret-at-globex',
];
/** Tenants that the issuer may name, and the target does not know: some are names that every object has. */
const UNKNOWN = ['hooli', 'constructor', 'toString', 'hasOwnProperty', 'Acme', 'acme '];

class Wish {
  @DataSubject({ reason: 'What a model would like; the target is that of the tenant of its caller.' })
  @IsString()
  tenant: string;
}

@ToolController()
class WishingTools {
  @Tool({ name: 'wish' })
  @Authenticated()
  async wish(@ToolInput() { tenant }: Wish, @Delegated('orders_api') orders: DelegatedFetch) {
    return (await orders(`/?tenant=${tenant}`, { headers: { tenant, 'x-tenant-id': tenant } })).status;
  }
}

describe('a target that differs between tenants', () => {
  let world: World;
  let [shop, globex, plain]: LyingIssuer[] = [];
  let apis: Record<'own' | 'acme' | 'globex' | 'proto', Loopback>;
  let app: DelegatingApp;
  let atShop: SoundAnswers;
  let atGlobex: SoundAnswers;
  let authentications: (string | undefined)[];

  beforeAll(async () => {
    world = await startWorld();
    [shop, globex, plain] = await Promise.all([startLyingIssuer(), startLyingIssuer(), startLyingIssuer()]);
    const [own, acme, other, proto] = await Promise.all([
      startLoopback(),
      startLoopback(),
      startLoopback(),
      startLoopback(),
    ]);
    apis = { own, acme, globex: other, proto };
    const client = { clientId: GLOBEX_CLIENT, auth: { method: 'client_secret_basic' as const, secret: GLOBEX_SECRET } };
    const orders_api: TargetOptions = {
      mode: 'on_behalf_of',
      baseUrl: own.url,
      issuer: shop.issuerOptions.issuer,
      resource: ORDERS,
      scopes: ['orders:read'],
      tenants: {
        acme: { baseUrl: `${acme.url}/acme` },
        globex: {
          baseUrl: other.url,
          issuer: globex.issuerOptions.issuer,
          resource: GLOBEX_RESOURCE,
          audience: GLOBEX_AUDIENCE,
          client,
        },
        initech: {},
        ['__proto__']: { baseUrl: proto.url },
      },
    };
    const issuers = [
      { ...shop.issuerOptions, tenants: ['acme', 'initech', '__proto__', ...UNKNOWN] },
      { ...globex.issuerOptions, tenants: ['globex', 'acme'] },
      plain.issuerOptions,
    ];
    const imports = [EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' })];
    app = await startDelegating(world, {
      imports,
      providers: [WishingTools],
      options: { issuers, targets: { orders_api } },
    });
  });
  afterAll(async () => {
    await app.close();
    await Promise.all([shop!, globex!, plain!, world, ...Object.values(apis)].map(one => one.close()));
  });
  beforeEach(() => {
    authentications = [];
    atShop = soundAnswers(shop!);
    atGlobex = soundAnswers(globex!, { claims: () => ({ aud: GLOBEX_AUDIENCE, act: { sub: GLOBEX_CLIENT } }) });
    shop!.answer = atShop;
    globex!.answer = (request, response) => (
      authentications.push(request.headers.authorization),
      atGlobex(request, response)
    );
    plain!.answer = soundAnswers(plain!);
    for (const api of Object.values(apis)) api.requests.length = 0;
  });

  const login = (issuer: LyingIssuer, tenant: string | undefined, claims: JWTPayload = {}) =>
    issuer.sign({ aud: MCP, scope: 'orders:read', tenant, ...claims });
  const status = async (target: DelegatedFetch) => (await target('/orders')).status;
  const called = () =>
    Object.entries(apis).flatMap(([name, { requests }]) => requests.map(({ url }) => `${name}${url}`));

  it("is called where the tenant of the user has it, and elsewhere it is the target's own", async () => {
    for (const tenant of ['acme', 'initech', '__proto__'])
      expect(await app.as(await login(shop!, tenant), status)).toBe(200);
    expect(called()).toEqual(['own/orders', 'acme/acme/orders', 'proto/orders']);
    expect(atShop.asked.map(asked => asked.get('resource'))).toEqual([ORDERS, ORDERS, ORDERS]);
  });

  it("is called with a token of the tenant's issuer, for its resource and audience, by the client that it knows", async () => {
    const token = await login(globex!, 'globex');
    expect(await app.as(token, status)).toBe(200);
    expect(called()).toEqual(['globex/orders']);
    expect(apis.globex.requests[0]!.headers.authorization).toBe(`Bearer ${atGlobex.given[0]}`);
    expect([atGlobex.asked[0]!.get('subject_token'), atGlobex.asked[0]!.get('resource')]).toEqual([
      token,
      GLOBEX_RESOURCE,
    ]);
    expect(
      authentications.map(one => decodeURIComponent(Buffer.from(one!.replace('Basic ', ''), 'base64').toString())),
    ).toEqual([`${GLOBEX_CLIENT}:${GLOBEX_SECRET}`]);
    expect(atShop.asked).toHaveLength(0);
  });

  it('is never called with the token of a user whose issuer is not that of the target', async () => {
    await expect(app.as(await login(globex!, 'acme'), status)).rejects.toMatchObject({
      code: 'delegation_token_missing',
    });
    expect([called(), atShop.asked, atGlobex.asked]).toEqual([[], [], []]);
  });

  it.each(UNKNOWN)('is not called for a user of another tenant (%j), and that is on the audit log', async tenant => {
    await expect(app.as(await login(shop!, tenant), status)).rejects.toMatchObject({ code: 'target_tenant_unknown' });
    expect([called(), atShop.asked]).toEqual([[], []]);
    expect(app.auditLog.last('delegation.refused')).toMatchObject({
      outcome: 'refused',
      reason: 'target_tenant_unknown',
      actor_sub: 'alice',
      tenant,
      target: 'orders_api',
      delegation_mode: 'on_behalf_of',
    });
  });

  it('is not called for a user of no tenant', async () => {
    await expect(app.as(await login(plain!, undefined), status)).rejects.toMatchObject({
      code: 'target_tenant_unknown',
    });
    expect(called()).toEqual([]);
    expect(app.auditLog.last('delegation.refused')).toMatchObject({ reason: 'target_tenant_unknown', tenant: null });
  });

  it('is the same for all users of a tenant, and its tokens are those of each', async () => {
    const tokens = await Promise.all(['alice', 'bob'].map(sub => login(shop!, 'acme', { sub })));
    for (const token of [...tokens, ...tokens]) await app.as(token, status);
    expect(called()).toEqual(Array(4).fill('acme/acme/orders'));
    const sent = apis.acme.requests.map(({ headers }) => headers.authorization!.slice('Bearer '.length));
    expect(sent).toEqual([...atShop.given, ...atShop.given]);
  });

  it('is not chosen by what a tool is told, nor by a header, the query or the metadata of its call', async () => {
    const headers = {
      authorization: `Bearer ${await login(shop!, 'acme')}`,
      tenant: 'globex',
      'x-tenant': 'globex',
      'x-tenant-id': 'globex',
      'x-actor-tenant': 'globex',
    };
    const client = new Client({ name: 'globex', version: '1.0.0' });
    await client.connect(
      new StreamableHTTPClientTransport(new URL('/mcp?tenant=globex', app.url), { requestInit: { headers } }),
    );
    const answer = await client.callTool({
      name: 'wish',
      arguments: { tenant: 'globex' },
      _meta: { tenant: 'globex' },
    });
    await client.close();
    expect(answer).toMatchObject({ content: [{ text: '200' }] });
    expect(called()).toEqual(['acme/acme/?tenant=globex']);
    expect(app.auditLog.last('delegation.outcome')).toMatchObject({ tenant: 'acme', outcome: 'ok' });
  });
});
