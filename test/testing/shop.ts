import { Controller, Get, Injectable, Module, Post, type Type } from '@nestjs/common';
import { IsString } from 'class-validator';
import {
  Authenticated,
  Delegated,
  type DelegatedFetch,
  DelegationService,
  EieModule,
  type EieOptions,
  type ExecutionIdentityEnvelope,
  Identity,
  path,
  RequireScopes,
} from 'nestjs-eie';
import { EieMcpModule, Resource, Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { keycloak } from 'nestjs-eie/presets';

export const KEYCLOAK = 'https://id.shop.test/realms/shop';

class OrderQuery {
  @IsString() id: string;
}

@ToolController()
export class OrderTools {
  @Tool({ name: 'get_order', description: 'One order' })
  @RequireScopes('orders:read')
  get(@ToolInput() { id }: OrderQuery, @Delegated('orders_api') orders: DelegatedFetch) {
    return orders.json(path`/orders/${id}`);
  }

  @Tool({ name: 'whoami', description: 'Who acts' })
  @Authenticated()
  whoami(@Identity() { actor, agent }: ExecutionIdentityEnvelope) {
    return { sub: actor.sub, tenant: actor.tenant, agent: agent.id };
  }

  @Resource({ uri: 'shop://greeting', name: 'greeting' })
  @Authenticated()
  greeting(@Identity('actor.sub') user: string) {
    return `Hello ${user}`;
  }

  @Tool({ name: 'balance', description: 'By a service' })
  @RequireScopes('billing:read')
  balance(@Delegated('billing_api') billing: DelegatedFetch) {
    return billing.json('/balance');
  }

  @Tool({ name: 'invoices', description: 'As the user alone' })
  @RequireScopes('invoices:read')
  invoices(@Delegated('invoices_api') invoices: DelegatedFetch) {
    return invoices.json('/invoices');
  }
}

@Controller('orders')
export class OrdersController {
  @Get()
  @RequireScopes('orders:read')
  list(@Identity() { actor }: ExecutionIdentityEnvelope) {
    return { for: actor.sub };
  }

  @Post()
  @RequireScopes('orders:write')
  create(@Identity() { actor }: ExecutionIdentityEnvelope) {
    return { by: actor.sub };
  }
}

@Injectable()
export class OrdersService {
  constructor(private readonly delegation: DelegationService) {}

  of(identity: ExecutionIdentityEnvelope): Promise<unknown> {
    return this.delegation.for(identity, 'orders_api').json('/orders');
  }
}

/** What a team ships: a real provider by its preset, targets somewhere else, an audit log on disk. */
export const options = (): EieOptions => ({
  resource: 'https://mcp.shop.test/mcp',
  issuers: [
    {
      ...keycloak({ url: 'https://id.shop.test', realm: 'shop' }),
      tenants: ['acme', 'globex'],
      agents: { desk: { id: 'desk-agent', scopes: ['orders:read', 'invoices:read'] } },
      client: {
        clientId: 'shop-mcp',
        auth: { method: 'client_secret_basic', secret: 'a secret of the real provider' },
      },
    },
  ],
  signing: 'ephemeral',
  targets: {
    orders_api: {
      mode: 'on_behalf_of',
      baseUrl: 'https://orders.shop.test/api',
      issuer: KEYCLOAK,
      resource: 'orders-api',
      scopes: { 'orders:read': ['Orders.Read'] },
      actEvidence: 'none',
    },
    billing_api: {
      mode: 'service_identity',
      baseUrl: 'https://billing.shop.test',
      issuer: KEYCLOAK,
      resource: 'billing-api',
      scopes: ['billing:read'],
    },
    invoices_api: {
      mode: 'restricted_user',
      baseUrl: 'https://invoices.shop.test',
      issuer: KEYCLOAK,
      resource: 'invoices-api',
      scopes: ['invoices:read'],
      external: true,
      reason: 'The invoice archive predates the act claim and rejects tokens that have one.',
      actEvidence: 'none',
    },
  },
});

export const parts = {
  controllers: [OrdersController],
  providers: [OrderTools, OrdersService] as Type[],
};
const mcp = EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' });

@Module({ imports: [EieModule.forRoot(options()), mcp], ...parts })
export class AppModule {}

@Module({ imports: [EieModule.forRootAsync({ useFactory: async () => options() }), mcp], ...parts })
export class AsyncAppModule {}
