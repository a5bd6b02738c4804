import { Controller, Get, Module, type Type } from '@nestjs/common';
import { Authenticated, Delegated, type DelegatedFetch, DelegatesTo, EieModule, type TargetOptions } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { startMcpApp } from '../support/app.js';
import { INVOICES, ORDERS, startWorld, type World } from '../support/world.js';

@ToolController()
class ByParameter {
  @Tool({ name: 'tool' })
  @Authenticated()
  tool(@Delegated('orders_api') _orders: DelegatedFetch) {}
}

@DelegatesTo('orders_api')
@ToolController()
class ByClass {
  @Tool({ name: 'tool' })
  @Authenticated()
  tool() {}
}

@Controller()
class ByHandler {
  @Get()
  @Authenticated()
  @DelegatesTo('orders_api')
  handler() {}
}

// The checks at boot know no adapter.
describe.each(['express'] as const)('on %s', adapter => {
  let world: World;
  beforeAll(async () => void (world = await startWorld()));
  afterAll(() => world.close());

  const target = (changes: Partial<TargetOptions> = {}): TargetOptions => ({
    mode: 'on_behalf_of',
    baseUrl: 'http://127.0.0.1:9/',
    issuer: world.issuer,
    resource: ORDERS,
    scopes: ['orders:read'],
    ...changes,
  });
  const boot = (targets: Record<string, TargetOptions>, type: Type = ByParameter) =>
    startMcpApp(world, {
      adapter,
      ...(type === ByHandler ? { controllers: [type] } : { providers: [type] }),
      options: { targets },
    });

  it.each([
    ['a parameter', ByParameter],
    ['a class', ByClass],
    ['an HTTP handler', ByHandler],
  ])('a target declared by %s and configured nowhere stops the boot', async (_where, type) => {
    await expect(boot({ another_api: target() }, type)).rejects.toThrow(
      /declares the target "orders_api", which is not configured: add it to the targets/,
    );
  });

  it.each<[string, () => Partial<TargetOptions>, RegExp]>([
    [
      'an issuer that is not configured',
      () => ({ issuer: 'https://other.test' }),
      /targets\.orders_api\.issuer must be one of issuers/,
    ],
    ['a base URL without TLS', () => ({ baseUrl: 'http://orders.shop.test/' }), /baseUrl must be the https URL/],
    [
      'a base URL with credentials',
      () => ({ baseUrl: 'https://user:secret@orders.shop.test/' }),
      /baseUrl must be the https URL/,
    ],
    ['no scopes', () => ({ scopes: [] }), /scopes must name the scopes/],
    [
      'an invented mode',
      () => ({ mode: 'passthrough' as never }),
      /mode must be one of service_identity, on_behalf_of, restricted_user/,
    ],
    [
      'restricted_user without a reason',
      () => ({ mode: 'restricted_user', resource: INVOICES }),
      /reason must say, in a sentence/,
    ],
    [
      'an empty record of scopes',
      () => ({ scopes: {} }),
      /scopes must name the scopes of the target .* a list, or a record/,
    ],
    [
      'scopes of the target that are no list',
      () => ({ scopes: { 'orders:read': 'Orders.Read' } as never }),
      /scopes must name the scopes/,
    ],
    [
      'a scope that leads to no scope of the target',
      () => ({ scopes: { 'orders:read': [] } }),
      /scopes must name the scopes/,
    ],
    ['no tenant among its tenants', () => ({ tenants: {} }), /tenants must map tenants to .* leave it out/],
    [
      'an invented kind of evidence',
      () => ({ actEvidence: 'optional' as never }),
      /actEvidence must be one of required, if-jwt, none/,
    ],
    ['an empty audience', () => ({ audience: '' }), /audience must be the audience of the tokens/],
    [
      'a list of onward services',
      () => ({ onward: ['ledger_api'] as never }),
      /onward must map names of services to lists of scopes/,
    ],
    [
      'an onward service with one scope for a list',
      () => ({ onward: { ledger_api: 'ledger:read' } as never }),
      /onward must map names of services to lists of scopes/,
    ],
    [
      'itself among its onward services',
      () => ({ onward: { orders_api: ['orders:read'] } }),
      /targets\.orders_api\.onward must not name orders_api itself/,
    ],
    ['a timeout of nothing', () => ({ timeout: 0 }), /timeout must be a number of milliseconds from 1 to 600000/],
    ['a timeout in words', () => ({ timeout: '5s' as never }), /timeout must be a number of milliseconds/],
    ['a text for yes', () => ({ singleUse: 'yes' as never }), /singleUse must be true or false/],
    [
      'an approval in a text for yes',
      () => ({ carriesApproval: 'yes' as never }),
      /carriesApproval must be true or false/,
    ],
    [
      'an approval where it gets no Txn-Token',
      () => ({ carriesApproval: true, external: true }),
      /targets\.orders_api\.carriesApproval must be left out: the target gets no Txn-Token/,
    ],
    [
      'an approval in a Txn-Token that is used again',
      () => ({ carriesApproval: true, singleUse: false }),
      /targets\.orders_api\.carriesApproval needs a Txn-Token for each call/,
    ],
    [
      'an approval that would be passed on',
      () => ({ carriesApproval: true, onward: { ledger_api: ['ledger:read'] } }),
      /targets\.orders_api\.carriesApproval must be left out beside "onward"/,
    ],
    ['a text for no', () => ({ external: 'false' as never }), /external must be true or false/],
    [
      'a tenant of an issuer that is not configured',
      () => ({ tenants: { acme: { issuer: 'https://other.test' } } }),
      /targets\.orders_api\.tenants\.acme\.issuer must be one of issuers/,
    ],
    [
      'a tenant with a base URL without TLS',
      () => ({ tenants: { acme: {}, globex: { baseUrl: 'http://globex.shop.test/' } } }),
      /tenants\.globex\.baseUrl must be an https URL/,
    ],
    [
      'a tenant with a mode of its own',
      () => ({ tenants: { acme: { mode: 'service_identity' } as never } }),
      /tenants\.acme\.mode is not an option/,
    ],
    [
      'a tenant with a client that has no secret',
      () => ({ tenants: { acme: { client: { clientId: 'a', auth: { method: 'client_secret_basic' } } } } }),
      /tenants\.acme\.client\.auth\.secret must be the secret of the client/,
    ],
    ['a name for tenants', () => ({ tenants: 'acme' as never }), /tenants must map tenants to/],
    [
      'a tenant that is only named',
      () => ({ tenants: { acme: 'https://acme.shop.test' } as never }),
      /tenants\.acme must be an object/,
    ],
    ['a setting that does not exist', () => ({ headers: { authorization: 'x' } }) as never, /headers is not an option/],
  ])('a target with %s stops the boot, and the message names it', async (_what, changes, message) => {
    await expect(boot({ orders_api: target(changes()) })).rejects.toThrow(message);
  });

  it('a target whose issuer does not know this server as a client stops the boot', async () => {
    const issuers = [world.issuerOptions({ client: undefined as never })];
    const refused = startMcpApp(world, {
      adapter,
      providers: [ByParameter],
      options: { issuers, targets: { orders_api: target() } },
    });
    await expect(refused).rejects.toThrow(/orders_api needs a token of .*: configure issuers\[\]\.client/);
  });

  it('a target configured twice stops the boot: one could not tell whose settings hold', async () => {
    @Module({ imports: [EieModule.forFeature({ targets: { orders_api: target({ mode: 'service_identity' }) } })] })
    class Feature {}
    const refused = startMcpApp(world, {
      adapter,
      providers: [ByParameter],
      imports: [Feature],
      options: { targets: { orders_api: target() } },
    });
    await expect(refused).rejects.toThrow(/target "orders_api" is configured twice/);
  });

  it('a configured target boots', async () => {
    await (await boot({ orders_api: target() })).close();
  });
});
