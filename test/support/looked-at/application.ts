import { appendFileSync } from 'node:fs';
import { Controller, type DynamicModule, Get, Module, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { FastifyAdapter, type NestFastifyApplication } from '@nestjs/platform-fastify';
import { IsString } from 'class-validator';
import { type JwkSet } from 'execution-identity';
import {
  type ClientOptions,
  DelegatesTo,
  EieModule,
  type EieOptions,
  inboundIssuer,
  type IssuerOptions,
  IssuerSource,
  Public,
  RequireScopes,
  type TargetOptions,
} from 'nestjs-eie';
import { EieMcpModule, Tool, ToolController } from 'nestjs-eie/mcp';
import { defineProvider } from 'nestjs-eie/presets';
import { EieReceiverModule } from 'nestjs-eie/receiver';

/**
 * Applications that a command looks at. Each is made anew, by the environment of the command: where its audit log would be, its issuer, and a
 * file that tells of its end.
 */
const RESOURCE = 'https://mcp.shop.test/mcp';

@Controller('health')
class Health {
  @Get()
  @Public({ reason: 'A load balancer asks, and it has no identity.' })
  up() {}
}

@ToolController()
class Tools {
  @Tool({ name: 'refund' })
  @RequireScopes('orders:refund')
  refund() {}
}

@ToolController()
class WiderTools {
  @Tool({ name: 'refund' })
  @RequireScopes('orders:read')
  refund() {}
}

@ToolController()
class Undecided {
  @Tool({ name: 'refund' })
  refund() {}
}

const issuerUrl = (): string => process.env.LOOKED_AT_ISSUER ?? 'https://as.shop.test';

const issuerOptions = (): IssuerOptions => ({
  issuer: issuerUrl(),
  jwksUri: 'discovery',
  algorithms: ['ES256'],
  actorType: { user: { claim: 'sub_profile', values: ['user'] } },
});

const options = (resource = RESOURCE): EieOptions => ({
  resource,
  issuers: [issuerOptions()],
  audit: { directory: process.env.LOOKED_AT_FOLDER! },
});

const mcp = (): DynamicModule => EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' });

/** As an application is written: a class. */
@Module({
  imports: [EieModule.forRootAsync({ useFactory: () => options() }), mcp()],
  controllers: [Health],
  providers: [Tools],
})
export class App {}

@Module({})
class Shop {
  onApplicationShutdown(): void {
    const { LOOKED_AT_CLOSED: file } = process.env;
    if (file) appendFileSync(file, 'closed');
  }
}

const shop = (tools: Type, resource?: string, changes: Partial<EieOptions> = {}): DynamicModule => ({
  module: Shop,
  imports: [EieModule.forRoot({ ...options(resource), ...changes }), mcp()],
  controllers: [Health],
  providers: [tools],
});

export const app = (): DynamicModule => shop(Tools);
export const wider = (): DynamicModule => shop(WiderTools);
export const unsafe = (): DynamicModule => shop(Undecided);
/** Its ceilings name a tool, a target and an onward service that it has, and some that it has not. */
export const misnamed = (): DynamicModule =>
  exchanging(
    [
      {
        ...issuerOptions(),
        client,
        agents: { desk: { id: 'desk-copilot', tools: ['order', 'refunds'], targets: ['orders_api', 'billing'] } },
        tenants: { acme: { tools: ['order'], targets: ['order_api'] } },
      },
    ],
    issuerUrl(),
  );
export const withoutPath = (): DynamicModule => shop(Tools, 'https://mcp.shop.test');

@ToolController()
class OrderTools {
  @Tool({ name: 'order' })
  @RequireScopes('orders:read')
  @DelegatesTo('orders_api')
  order() {}
}

const client: ClientOptions = {
  clientId: 'mcp-server',
  auth: { method: 'client_secret_basic', secret: 'a secret of the tests' },
};

/** With a target at which tokens are exchanged. */
function exchanging(issuers: EieOptions['issuers'], issuer: NonNullable<TargetOptions['issuer']>): DynamicModule {
  const orders_api: TargetOptions = {
    mode: 'on_behalf_of',
    baseUrl: 'https://orders.shop.test',
    issuer,
    resource: 'https://orders.shop.test',
    scopes: ['orders:read'],
  };
  return shop(OrderTools, RESOURCE, { issuers, targets: { orders_api }, signing: 'ephemeral' });
}

export const exchangingPlainly = (): DynamicModule => exchanging([{ ...issuerOptions(), client }], issuerUrl());

class DirectoryParameters {
  @IsString()
  url: string;
}
/** Asked as Entra ID is, which has no grant of RFC 8693. */
const onBehalfOf = defineProvider({
  name: 'directory',
  parameters: DirectoryParameters,
  issuer: ({ url }) => ({
    issuer: url,
    jwksUri: `${url}/jwks`,
    algorithms: ['ES256'] as const,
    actorType: { user: { claim: 'sub_profile' } },
  }),
  exchange: { dialect: 'entra_id' },
});
export const exchangingByPreset = (): DynamicModule =>
  exchanging([{ ...onBehalfOf({ url: issuerUrl() }), client }], inboundIssuer('directory'));

/** Of an issuer that publishes nothing, and of others that a source knows. */
export function exchangingUnpublished(): DynamicModule {
  class Directory extends IssuerSource {
    readonly advertised: readonly string[] = [];
    find(): Promise<undefined> {
      return Promise.resolve(undefined);
    }
  }
  const { jwksUri: _, ...issuer } = issuerOptions();
  const jwks = JSON.parse(process.env.LOOKED_AT_KEYS!) as JwkSet;
  const metadata = { tokenEndpoint: `${issuerUrl()}/token` };
  return exchanging([{ ...issuer, jwks, metadata, client }, new Directory()], inboundIssuer());
}

/** An API behind the shop, which believes what that seals. */
export const receiver = (): DynamicModule => ({
  module: Shop,
  imports: [
    EieReceiverModule.forRoot({
      ...options('https://orders.shop.test'),
      issuers: [issuerOptions()],
      service: 'orders_api',
      trust: {
        trustDomain: 'shop.test',
        issuers: [
          {
            issuer: RESOURCE,
            jwksUri: `${issuerUrl()}/sealing-keys`,
            presenters: [{ issuer: issuerUrl(), clientId: 'mcp-server' }],
          },
        ],
      },
    }),
  ],
  controllers: [Health],
});

/** Whose own provider does not start. */
export const failing = (): DynamicModule => ({
  ...shop(Tools),
  providers: [Tools, { provide: 'database', useFactory: () => (undefined as unknown as string[]).length }],
});

/** While it is looked at, something else happens in the same process. */
export async function whileAnotherStarts(): Promise<DynamicModule> {
  await (globalThis as { startAnother?: () => Promise<unknown> }).startAnother!();
  return app();
}

/** As its main file makes it: on Fastify, with a prefix. */
export async function onFastify(): Promise<NestFastifyApplication> {
  const made = await NestFactory.create<NestFastifyApplication>(app(), new FastifyAdapter() as never, {
    logger: false,
  });
  return made.setGlobalPrefix('api');
}
