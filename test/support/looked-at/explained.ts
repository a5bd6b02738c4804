import { Controller, Get, Injectable, Module, type OnModuleInit } from '@nestjs/common';
import { SignJWT } from 'jose';
import {
  type AgentQuestion,
  AgentSource,
  apiKey,
  Authenticated,
  DataSubject,
  DelegatesTo,
  type EieError,
  EieModule,
  IdentityRevocation,
  MemoryRevocationStore,
  type PolicyEngine,
  type PolicyQuestion,
  Public,
  RequireActor,
  RequireAgent,
  RequireApproval,
  RequireLogin,
  RequireRoles,
  RequireScopes,
} from 'nestjs-eie';
import { EieMcpModule, Resource, Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { IsString } from 'class-validator';
import { newKeyPair } from '../../../src/authorization-server/key-pair.js';
import { RecordingLog } from '../app.js';

/** An application that is looked at and served in one process, so that an explanation can be compared with what a call gets. */
export const ISSUER = 'https://as.shop.test';
export const SHOP = 'https://mcp.shop.test/mcp';
export const DELIVERY = 'https://mcp.shop.test/delivery';
const ORDERS = 'https://orders.shop.test';

const { privateKey, publicKey } = newKeyPair();
const jwk = { ...publicKey.export({ format: 'jwk' }), kid: '1', alg: 'ES256', use: 'sig' };

/** An access token with these claims, which lives for five minutes from now unless they say otherwise. */
export function tokenWith(claims: Record<string, unknown>): Promise<string> {
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT({ iat: now, exp: now + 300, ...claims })
    .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: '1' })
    .sign(privateKey);
}

/** What is recorded by all applications of this file together. */
export const records = new RecordingLog();

/** Denies the tools that are called `denied`, and fails where it is told to. */
class Engine implements PolicyEngine {
  asked: PolicyQuestion[] = [];
  isDown = false;

  async allows(question: PolicyQuestion): Promise<boolean> {
    this.asked.push(question);
    if (this.isDown) throw new Error('no connection');
    return question.action.name !== 'denied';
  }
}
export const engine = new Engine();

/** Whether the store was told to revoke somebody. */
export const revocations: string[] = [];
class Revocations extends MemoryRevocationStore {
  override add(...[revoked, now]: Parameters<MemoryRevocationStore['add']>) {
    revocations.push(revoked.issuer);
    return super.add(revoked, now);
  }
}

/** Agents that are not in the configuration. */
class Table extends AgentSource {
  async find({ clientId }: AgentQuestion) {
    return clientId === 'sourced-app' ? { id: 'sourced', scopes: ['orders:read'], tenants: ['acme'] } : undefined;
  }
}

class RefundInput {
  @IsString() @DataSubject({ reason: 'Whom the refund is for.' }) customer_id: string;
}

@ToolController()
class ShopTools {
  @Tool({ name: 'read' }) @RequireScopes('orders:read') read() {}
  @Tool({ name: 'write' }) @RequireScopes('orders:write') write() {}
  @Tool({ name: 'greet' }) @Authenticated() greet() {}
  @Tool({ name: 'denied' }) @Authenticated() denied() {}
  @Tool({ name: 'mine' }) @RequireActor('user') mine() {}
  @Tool({ name: 'erase' }) @Authenticated() @RequireApproval({ reason: 'It is gone.', by: 'self' }) erase() {}
  @Tool({ name: 'batch' }) @RequireActor('service') batch() {}
  @Tool({ name: 'admin' }) @RequireRoles('admin') admin() {}
  @Tool({ name: 'recent' }) @RequireLogin({ acr: ['silver'], maxAge: 600 }) recent() {}
  @Tool({ name: 'copilot' }) @RequireAgent('copilot') copilot() {}
  @Tool({ name: 'same' }) @Authenticated() same() {}
  @Resource({ uri: 'shop://open', name: 'open' }) @RequireScopes('orders:read') open() {}

  @Tool({ name: 'track' })
  @RequireScopes('orders:read')
  @DelegatesTo('orders_api', 'billing_api', 'legacy_api', 'mail_api')
  track() {}

  @Tool({ name: 'refund', policyArguments: ['customer_id'] })
  @RequireScopes('orders:write')
  @RequireApproval({ reason: 'Money leaves the shop.', show: ['customer_id'], by: 'another' })
  refund(@ToolInput() _input: RefundInput) {}
}

@ToolController()
class DeliveryTools {
  @Tool({ name: 'deliver' }) @Authenticated() deliver() {}
  @Tool({ name: 'same' }) @Authenticated() same() {}
}

@Controller('orders')
export class OrdersController {
  @Get() @RequireScopes('orders:write') list() {}
  @Get('health') @Public({ reason: 'A load balancer asks, and it has no identity.' }) up() {}
}

/** Code of the application that revokes somebody while it starts. */
export const purges: { code?: string; isOn: boolean } = { isOn: false };
@Injectable()
class Purging implements OnModuleInit {
  constructor(private readonly revocation: IdentityRevocation) {}
  async onModuleInit() {
    if (!purges.isOn) return;
    await this.revocation
      .purge({ issuer: ISSUER, sub: 'carol' })
      .catch(({ code }: EieError) => void (purges.code = code));
  }
}

export const OTHER = 'https://typed.shop.test';

const target = { baseUrl: ORDERS, issuer: ISSUER, resource: ORDERS };

@Module({
  imports: [
    EieModule.forRoot({
      resource: SHOP,
      issuers: [
        {
          issuer: ISSUER,
          jwks: { keys: [jwk] },
          algorithms: ['ES256'],
          metadata: { tokenEndpoint: `${ISSUER}/token` },
          claims: { clientId: 'azp' },
          actorType: {
            user: { claim: 'sub_profile', values: ['user'] },
            service: { claim: 'sub_profile', values: ['service'] },
          },
          tenants: {
            acme: {},
            globex: { scopes: ['orders:read'], agents: ['copilot', 'partner'], tools: ['read', 'write'] },
          },
          agents: {
            'desk-copilot': { id: 'copilot', scopes: ['orders:read', 'orders:write'] },
            'partner-app': { id: 'partner', tenants: ['acme'], scopes: ['orders:read'], targets: ['orders_api'] },
            'night-batch': { id: 'batch', tools: ['batch', 'read', 'OrdersController.list'] },
          },
          roles: { Administrators: ['admin'] },
          client: { clientId: 'mcp-server', auth: { method: 'client_secret_basic', secret: 'never-sent' } },
        },
        {
          issuer: OTHER,
          jwks: { keys: [jwk] },
          algorithms: ['ES256'],
          tenants: ['acme'],
          accessTokenClaim: { claim: 'token_use', values: ['access'] },
          actorType: { user: { claim: 'sub' } },
        },
      ],
      authorization: {
        unregisteredAgents: { scopes: ['orders:read'] },
        scopeHierarchy: { 'orders:write': ['orders:read'] },
      },
      signing: 'ephemeral',
      targets: {
        orders_api: {
          ...target,
          mode: 'on_behalf_of',
          scopes: ['orders:read'],
          onward: { stock_api: ['orders:read'] },
        },
        billing_api: { ...target, mode: 'service_identity', scopes: ['orders:write'] },
        legacy_api: {
          ...target,
          mode: 'restricted_user',
          scopes: ['orders:read'],
          external: true,
          reason: 'It knows no agents.',
        },
        mail_api: {
          mode: 'service_identity',
          baseUrl: 'https://mail.test',
          credential: apiKey({ header: 'x-api-key', secret: 'never-shown-1234567890' }),
        },
      },
      ports: { policy: engine, revocation: new Revocations(), agents: new Table() },
      audit: { log: records },
    }),
    EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0', include: [ShopTools] }),
    EieMcpModule.register({
      path: 'delivery',
      name: 'delivery',
      version: '1.0.0',
      include: [DeliveryTools],
      resource: DELIVERY,
    }),
  ],
  controllers: [OrdersController],
  providers: [ShopTools, DeliveryTools, Purging],
})
export class Shop {}
