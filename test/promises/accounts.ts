import { inspect } from 'node:util';
import { Controller, Get, Module, type NestApplicationOptions, Req } from '@nestjs/common';
import { type AbstractHttpAdapter, NestFactory } from '@nestjs/core';
import {
  Authenticated,
  Delegated,
  type DelegatedFetch,
  DelegatesTo,
  DelegationService,
  EieModule,
  type EieOptions,
  type ExecutionIdentityEnvelope,
  Identity,
  RequireScopes,
} from 'nestjs-eie';
import { EieMcpModule, type EieMcpOptions, Tool, ToolCall, ToolController } from 'nestjs-eie/mcp';
import { type AppSetup, createAdapter, startApp } from '../support/app.js';
import { billingTarget, ordersTarget } from '../support/orders.js';
import { MCP } from '../support/world.js';
import { API_PATH } from './api.js';
import { type Running, type Stage } from './application.js';
import { sendTo, viewsOf } from './parts.js';

/** A handler for each kind of right, and one that calls an API. */
@Controller('accounts')
export class AccountsController {
  constructor(private readonly delegation: DelegationService) {}

  @Get('me')
  @Authenticated()
  me(@Identity('actor.sub') user: string) {
    return user;
  }

  @Get('balance')
  @RequireScopes('billing:read')
  balance(@Identity('actor.sub') user: string) {
    return `balance of ${user}`;
  }

  @Get('request')
  @Authenticated()
  request(@Req() request: object) {
    return viewsOf(request);
  }

  @Get('orders')
  @RequireScopes('orders:read')
  async orders(@Delegated('orders_api') orders: DelegatedFetch) {
    return JSON.stringify(await orders.json('/orders'));
  }

  @Get('echo')
  @Authenticated()
  async echo(@Delegated('orders_api') orders: DelegatedFetch) {
    return (await orders('/echo')).text();
  }

  @Get('climb')
  @Authenticated()
  async climb(@Delegated('orders_api') orders: DelegatedFetch) {
    return (await orders('/..;/..%2f../admin')).text();
  }

  /** Another handler may call it. */
  @Get('bills')
  @Authenticated()
  @DelegatesTo('billing_api')
  bills() {}

  @Get('undeclared')
  @Authenticated()
  async undeclared(@Identity() identity: ExecutionIdentityEnvelope) {
    return (await this.delegation.for(identity, 'billing_api')('/balance')).text();
  }
}

@ToolController()
export class AccountTools {
  @Tool({ name: 'whoami' })
  @Authenticated()
  whoami(@Identity('actor.sub') user: string) {
    return user;
  }

  @Tool({ name: 'balance' })
  @RequireScopes('billing:read')
  balance(@Identity('actor.sub') user: string) {
    return `balance of ${user}`;
  }

  @Tool({ name: 'context' })
  @Authenticated()
  context(@ToolCall() call: object, @Identity() identity: ExecutionIdentityEnvelope) {
    return inspect({ call, identity }, { depth: 12, showHidden: true, getters: true });
  }

  @Tool({ name: 'ask' })
  @Authenticated()
  @DelegatesTo('billing_api')
  ask(@Delegated('orders_api') orders: DelegatedFetch) {
    return orders.json('/question');
  }
}

/** What the module of an application with accounts is told. */
export const accountOptions = ({ world, auditLog, api }: Stage, changes: Partial<EieOptions> = {}): EieOptions => ({
  resource: MCP,
  issuers: [world.issuerOptions()],
  signing: 'ephemeral',
  audit: { log: auditLog },
  ...changes,
  targets: {
    orders_api: ordersTarget(world, api.url + API_PATH),
    billing_api: billingTarget(world, api.url + API_PATH),
    ...changes.targets,
  },
});

interface AccountsSetup extends AppSetup {
  options?: Partial<EieOptions>;
  /** Of the MCP route, at `/mcp`. */
  mcp?: Partial<EieMcpOptions>;
}

const mcpRoute = (options: Partial<EieMcpOptions> = {}) =>
  EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0', ...options });

/** Starts an application with the accounts of every test, and what it brings itself. */
export async function startAccounts(stage: Stage, { mcp, ...setup }: AccountsSetup = {}): Promise<Running> {
  const { app, url } = await startApp(stage.world, {
    ...setup,
    adapter: stage.adapter,
    imports: [mcpRoute(mcp), ...(setup.imports ?? [])],
    controllers: [AccountsController, ...(setup.controllers ?? [])],
    providers: [AccountTools, ...(setup.providers ?? [])],
    options: accountOptions(stage, setup.options),
  });
  return { app, url, send: sendTo(url) };
}

interface CreatedSetup extends Pick<AccountsSetup, 'options' | 'prepare' | 'controllers' | 'providers'> {
  /** Imported before the modules of this library. */
  earlier?: NonNullable<AppSetup['imports']>;
  adapter?: AbstractHttpAdapter;
  nest?: NestApplicationOptions;
}

/** The same as `main.ts` does it, by `NestFactory`: the adapter is there before the modules. */
export async function createAccounts(
  stage: Stage,
  { earlier = [], adapter = createAdapter(stage.adapter), nest, options, prepare, ...metadata }: CreatedSetup = {},
): Promise<Running> {
  @Module({
    imports: [...earlier, EieModule.forRoot(accountOptions(stage, options)), mcpRoute()],
    controllers: [AccountsController, ...(metadata.controllers ?? [])],
    providers: [AccountTools, ...(metadata.providers ?? [])],
  })
  class AppModule {}
  const app = await NestFactory.create(AppModule, adapter, { logger: false, abortOnError: false, ...nest });
  prepare?.(app);
  await app.listen(0, '127.0.0.1');
  const url = await app.getUrl();
  return { app, url, send: sendTo(url) };
}
