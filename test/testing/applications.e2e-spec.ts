import { Module, type Type } from '@nestjs/common';
import {
  Delegated,
  type DelegatedFetch,
  EieModule,
  type EieOptions,
  type IssuerOptions,
  IssuerSource,
  RequireScopes,
} from 'nestjs-eie';
import { EieMcpModule, Tool, ToolController } from 'nestjs-eie/mcp';
import { keycloak } from 'nestjs-eie/presets';
import { startTestApp, type TestApp } from 'nestjs-eie/testing';
import { AppModule, KEYCLOAK, options } from './shop.js';

const mcp = EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' });
const orders = options().targets!.orders_api!;
const client = (secret: string) => ({ clientId: 'shop-mcp', auth: { method: 'client_secret_basic' as const, secret } });

@ToolController()
class OneTool {
  @Tool({ name: 'ask', description: 'Asks the API' })
  @RequireScopes('orders:read')
  ask(@Delegated('orders_api') api: DelegatedFetch) {
    return api.json('/ask');
  }
}

/** An application with other options than the shop has. */
const application = (
  changes: Partial<EieOptions>,
  imports: NonNullable<Parameters<typeof Module>[0]['imports']> = [],
): Type => {
  @Module({
    imports: [EieModule.forRoot({ ...options(), targets: { orders_api: orders }, ...changes }), mcp, ...imports],
    providers: [OneTool],
  })
  class OneApplication {}
  return OneApplication;
};

const alice = { sub: 'alice', tenant: 'acme', scopes: ['orders:read'] };

describe('a test application', () => {
  const started: TestApp[] = [];
  const start = async (module: Type): Promise<TestApp> => {
    const app = await startTestApp(module);
    started.push(app);
    app.target('orders_api').reply(({ sub }) => ({ json: { for: sub } }));
    return app;
  };
  afterEach(async () => {
    await Promise.all(started.splice(0).map(app => app.close()));
  });

  it('replaces the targets of forFeature(), too', async () => {
    const feature = EieModule.forFeature({ targets: { orders_api: orders } });
    const app = await start(application({ targets: {} }, [feature]));
    expect((await app.as(alice).callTool('ask')).json).toEqual({ for: 'alice' });
    expect(app.target('orders_api').calls).toHaveLength(1);
  });

  it('takes no Txn-Token twice where the target is for a single use', async () => {
    const app = await start(application({ targets: { orders_api: { ...orders, singleUse: true } } }));
    for (let i = 0; i < 2; i += 1) expect((await app.as(alice).callTool('ask')).isError).toBe(false);
    expect(app.target('orders_api').refused).toEqual([]);
  });

  it('calls a target of each tenant as that tenant has it', async () => {
    const tenants = {
      acme: { baseUrl: 'https://acme.shop.test/acme', resource: 'acme-orders', client: client('of acme') },
      globex: { baseUrl: 'https://globex.shop.test/globex', resource: 'globex-orders' },
    };
    const app = await start(application({ targets: { orders_api: { ...orders, tenants } } }));
    for (const tenant of ['acme', 'globex']) await app.as({ ...alice, tenant }).callTool('ask');
    expect(app.target('orders_api').calls.map(({ path }) => path)).toEqual(['/acme/ask', '/globex/ask']);
  });

  it('gets tokens in the header in which a proxy would hand them on', async () => {
    const [issuer] = options().issuers as [IssuerOptions];
    const app = await start(application({ issuers: [{ ...issuer, tokenHeader: { name: 'x-token' } }] }));
    expect((await app.as(alice).callTool('ask')).json).toEqual({ for: 'alice' });
  });

  it('has a server for each issuer, and a token of one is none of the other', async () => {
    const other = { ...keycloak({ url: 'https://id.shop.test', realm: 'partners' }), tenants: ['initech'] };
    const app = await start(application({ issuers: [...options().issuers, other] }));
    const partner = { ...alice, tenant: 'initech', issuer: other.issuer };
    expect((await app.identityOf(partner)).actor).toMatchObject({ issuer: other.issuer, tenant: 'initech' });
    await expect(app.identityOf({ ...partner, issuer: KEYCLOAK })).rejects.toThrow(/401/);
    expect((await app.issuer()).issuer).toBe(KEYCLOAK);
  });

  it('knows the issuers that a source of the application knows, and no others', async () => {
    class Tenants extends IssuerSource {
      readonly advertised = [];
      async find(issuer: string): Promise<IssuerOptions | undefined> {
        const [known] = options().issuers as [IssuerOptions];
        return issuer === 'https://tenant.test' ? { ...known, issuer } : undefined;
      }
    }
    const app = await start(application({ issuers: [...options().issuers, new Tenants()] }));
    const identity = await app.identityOf({ ...alice, issuer: 'https://tenant.test' });
    expect(identity.actor.issuer).toBe('https://tenant.test');
    await expect(app.identityOf({ ...alice, issuer: 'https://nobody.test' })).rejects.toThrow(/no issuer/);
  });

  it('refuses two targets of one resource that no test issuer could tell apart', async () => {
    const reason = 'It predates the act claim and rejects tokens that have one.';
    const targets = { orders_api: orders, old_api: { ...orders, mode: 'restricted_user' as const, reason } };
    await expect(startTestApp(application({ targets }))).rejects.toThrow(/resource of its own for each/);
  });

  it('may have other limits and ports than the application', async () => {
    const app = await startTestApp(AppModule, { options: { limits: { envelopeLifetime: 7 } } });
    started.push(app);
    const { meta } = await app.identityOf(alice);
    expect(meta.expires_at - meta.created_at).toBe(7);
  });
});
