import { type CanActivate, Controller, type ExecutionContext, Get, Injectable } from '@nestjs/common';
import { issuerPolicy, remoteKeys, verifyAccessToken } from 'execution-identity';
import { Authenticated, type EieOptions, Identity, type IssuerOptions, IssuerSource, Unmanaged } from 'nestjs-eie';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { MCP, startWorld, type World } from '../support/world.js';

@Injectable()
class OwnGuard implements CanActivate {
  static seen: string | undefined;

  canActivate(context: ExecutionContext): boolean {
    OwnGuard.seen = context.switchToHttp().getRequest<{ headers: Record<string, string> }>().headers.authorization;
    return true;
  }
}

@Controller()
class Handlers {
  @Get('me')
  @Authenticated()
  me(@Identity('actor') { tenant }: { tenant?: string }) {
    return { tenant };
  }

  @Get('own')
  @Unmanaged(OwnGuard, { reason: 'its callers have API keys' })
  own() {
    return {};
  }
}

const TEMPLATE = 'urn:logto:organization:{tenant}';
const organization = (tenant: string) => `urn:logto:organization:${tenant}`;

describe.each(ADAPTERS)('an issuer that names the tenant in the audience, on %s', adapter => {
  let world: World;
  let app: TestApp;
  const start = (issuers: EieOptions['issuers']) =>
    startApp(world, { adapter, controllers: [Handlers], providers: [OwnGuard], options: { issuers } });
  const issuer = (changes: Partial<IssuerOptions> = {}) =>
    world.issuerOptions({ tenantAudience: TEMPLATE, claims: { tenant: 'organization_id' }, ...changes });

  beforeAll(async () => {
    world = await startWorld();
    app = await start([issuer()]);
  });
  afterAll(async () => void (await Promise.all([app, world].map(part => part.close()))));

  async function call(claims: object, { at = app, path = '/me' } = {}) {
    const token = world.userToken({ claims: { ...claims } });
    const response = await fetch(at.url + path, { headers: { authorization: `Bearer ${token}` } });
    const { tenant } = (await response.json()) as { tenant?: string };
    const reason = response.status === 200 ? undefined : at.auditLog.events.at(-1)?.reason;
    const core = await verifyAccessToken(token, new Map([[world.issuer, corePolicy()]])).then(
      ok => ok.tenant,
      (error: { code: string }) => error.code,
    );
    return { status: response.status, tenant, reason, core, token };
  }
  const corePolicy = () =>
    issuerPolicy({
      issuer: world.issuer,
      keys: remoteKeys(world.jwksUri),
      algorithms: ['ES256'],
      audience: [],
      tenantAudience: TEMPLATE,
      claims: { tenant: 'organization_id' },
      tenants: ['acme', 'globex'],
      user: { claim: 'sub_profile' },
    });

  it.each(['acme', 'globex'])('makes %s the tenant of the actor', async tenant => {
    expect(await call({ aud: organization(tenant) })).toMatchObject({ status: 200, tenant, core: tenant });
    expect(await call({ aud: [organization(tenant)], organization_id: tenant })).toMatchObject({
      tenant,
      core: tenant,
    });
  });

  it.each<[string, object, string]>([
    ['that it may not assert', { aud: organization('initech') }, 'tenant_refused'],
    ['beside another one', { aud: [organization('acme'), organization('globex')] }, 'tenant_refused'],
    ['beside another one in its claim', { aud: organization('acme'), organization_id: 'globex' }, 'tenant_refused'],
    ['that is the template', { aud: TEMPLATE }, 'audience_refused'],
    ['of two segments', { aud: organization('acme:admin') }, 'audience_refused'],
    ['in another form', { aud: 'urn:logto:organizations:acme' }, 'audience_refused'],
    [
      'beside an audience that nobody tolerates',
      { aud: [organization('acme'), 'https://other.test'] },
      'audience_refused',
    ],
    ['in a claim alone', { aud: MCP, organization_id: 'acme' }, 'audience_refused'],
  ])('names no tenant %s', async (_what, claims, reason) => {
    expect(await call(claims)).toMatchObject({ status: 401, reason, core: reason });
  });

  it('lends such a token to no guard of the application, whose ever tenant it is', async () => {
    for (const tenant of ['acme', 'initech']) {
      OwnGuard.seen = undefined;
      expect((await call({ aud: organization(tenant) }, { path: '/own' })).status).toBe(200);
      expect(OwnGuard.seen).toBeUndefined();
    }
    const { token } = await call({ aud: 'urn:logto:organizations:acme' }, { path: '/own' });
    expect(OwnGuard.seen).toBe(`Bearer ${token}`);
  });

  it('may have audiences that are compared as they are, too', async () => {
    const at = await start([issuer({ audience: [MCP, 'urn:logto:organization:{organization}'] })]);
    expect((await call({ aud: MCP, organization_id: 'acme' }, { at })).tenant).toBe('acme');
    expect((await call({ aud: organization('globex') }, { at })).tenant).toBe('globex');
    expect((await call({ aud: [MCP, organization('globex')] }, { at })).tenant).toBe('globex');
    // A brace elsewhere is only a character.
    const literal = 'urn:logto:organization:{organization}';
    expect((await call({ aud: literal, organization_id: 'acme' }, { at })).tenant).toBe('acme');
    await at.close();
  });

  it('may be found by a source, which says which tenants there are', async () => {
    const tenants = ['acme'];
    class Source extends IssuerSource {
      readonly advertised = [];
      find = () => Promise.resolve(issuer({ tenants }));
    }
    const at = await start([new Source()]);
    expect((await call({ aud: organization('acme') }, { at })).tenant).toBe('acme');
    expect(await call({ aud: organization('globex') }, { at })).toMatchObject({ reason: 'tenant_refused' });
    await at.close();
  });

  it.each<[string, Partial<IssuerOptions>, RegExp]>([
    [
      'no placeholder',
      { tenantAudience: 'urn:logto:organization' },
      /issuers\[0\]\.tenantAudience must be an audience/,
    ],
    ['two of them', { tenantAudience: 'urn:{tenant}:{tenant}' }, /issuers\[0\]\.tenantAudience must be an audience/],
    [
      'one among the audiences that are compared as they are',
      { audience: [TEMPLATE] },
      /belongs into "tenantAudience"/,
    ],
  ])('does not start with %s', async (_what, changes, message) => {
    await expect(start([issuer(changes)])).rejects.toThrow(message);
  });

  it('does not start without a list of tenants', async () => {
    const { tenants: _tenants, ...rest } = issuer();
    await expect(start([rest])).rejects.toThrow(/tenantAudience must be .* beside the list "tenants"/);
  });
});
