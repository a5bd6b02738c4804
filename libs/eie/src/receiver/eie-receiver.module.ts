import {
  type DynamicModule,
  Inject,
  Module,
  type NestModule,
  type OnApplicationShutdown,
  type OnModuleInit,
  type Provider,
} from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, ApplicationConfig, DiscoveryModule } from '@nestjs/core';
import { EieConfigurationError } from 'execution-identity';
import { Authorizer } from '../authorization/authorizer.js';
import { HandlerRegistry } from '../authorization/handler-registry.js';
import { HandlerRoutes } from '../authorization/handler-routes.js';
import { bootProviders } from '../boot/boot.providers.js';
import { CarriedApprovals } from '../boot/carried-approvals.js';
import { Posture } from '../boot/posture/posture.js';
import { ServerStart } from '../boot/server-start.js';
import { ServerModule } from '../boot/servers.check.js';
import { type AsyncOptions, providerFrom } from '../configuration/configuration.providers.js';
import { configure, EieConfiguration, optionsOf } from '../configuration/eie-configuration.js';
import { EIE_TARGET_MODES } from '../configuration/ports.js';
import { withObservedPorts } from '../configuration/observed-ports.js';
import { processProviders } from '../configuration/process.providers.js';
import { ServerProfile } from '../configuration/server-profile.js';
import { DelegationService } from '../delegation/delegation.service.js';
import { TargetRegistry } from '../delegation/targets/target-registry.js';
import { EieAuditInterceptor } from '../execution/eie.interceptor.js';
import { ExecutionLog } from '../execution/execution-log.js';
import { runFirst } from '../execution/run-first.js';
import { ServerHealth } from '../health/server-health.js';
import { Edge } from '../edge/edge.js';
import { Refusals } from '../http/refusal-response.js';
import { Resources } from '../http/resources.js';
import { WellKnownRoutes } from '../http/well-known.routes.js';
import { httpAllowed } from '../configuration/http-allowed.js';
import { readOptions } from '../options/read-options.js';
import { IdentityRevocation } from '../revocation/identity-revocation.service.js';
import { OnwardTargets } from './onward-targets.js';
import { EieReceiverGuard } from './receiver.guard.js';
import { EieReceiverOptions } from './receiver.options.js';

/** `imports: [EieReceiverModule]`, which gives it no options. */
const withoutOptions: Provider = {
  provide: EieConfiguration,
  useFactory: () => {
    throw new EieConfigurationError(
      'EieReceiverModule is imported without options: import EieReceiverModule.forRoot() or forRootAsync().',
    );
  },
};

const providers: Provider[] = [
  Edge,
  withoutOptions,
  ...processProviders,
  ...bootProviders,
  {
    provide: ServerProfile,
    useFactory: (configuration: EieConfiguration<EieReceiverOptions>) => {
      const options = optionsOf(configuration);
      return new ServerProfile(options, false, options.service);
    },
    inject: [EieConfiguration],
  },
  {
    provide: CarriedApprovals,
    useFactory: (configuration: EieConfiguration<EieReceiverOptions>) =>
      new CarriedApprovals(optionsOf(configuration).trust.singleUse ?? false),
    inject: [EieConfiguration],
  },
  Resources,
  { provide: TargetRegistry, useClass: OnwardTargets },
  { provide: EIE_TARGET_MODES, useExisting: TargetRegistry },
  HandlerRoutes,
  HandlerRegistry,
  Authorizer,
  ExecutionLog,
  IdentityRevocation,
  DelegationService,
  Refusals,
  EieReceiverGuard,
  EieAuditInterceptor,
  WellKnownRoutes,
  ServerHealth,
  ServerStart,
  { provide: APP_GUARD, useExisting: EieReceiverGuard },
  { provide: APP_INTERCEPTOR, useExisting: EieAuditInterceptor },
];

/**
 * Makes a downstream service believe sealed envelopes: one `forRoot()` or `forRootAsync()` in its root module, with
 * `EieReceiverOptions`. Its guard stands before every handler, which use the same `@Identity()` and `@RequireScopes()` as at
 * the boundary, and `@Delegated()` or `DelegationService` for services that the received envelope names onward.
 */
@Module({
  imports: [DiscoveryModule],
  providers,
  exports: [ServerProfile, Posture, DelegationService, IdentityRevocation, ServerHealth],
})
@ServerModule()
export class EieReceiverModule implements NestModule, OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(ServerStart) private readonly start: ServerStart,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
    @Inject(EieReceiverGuard) private readonly guard: EieReceiverGuard,
    @Inject(EieAuditInterceptor) private readonly interceptor: EieAuditInterceptor,
  ) {}

  /**
   * @throws EieConfigurationError at boot, naming each wrong, missing or unknown option and its fix
   * @example EieReceiverModule.forRoot({ service: 'orders_api', resource, issuers: [keycloak({ url, realm })], trust })
   */
  static forRoot(options: EieReceiverOptions): DynamicModule {
    return rootModule({ useFactory: () => options }, 'EieReceiverModule.forRoot()');
  }

  /** The same with options from other providers, such as secrets from a secret store. */
  static forRootAsync(options: AsyncOptions<EieReceiverOptions>): DynamicModule {
    return rootModule(options, 'EieReceiverModule.forRootAsync()');
  }

  /** Before Nest registers the routes of the application. */
  configure(): void {
    runFirst(this.config, this.guard, this.interceptor);
    this.start.mountDocuments();
  }

  /** Before anything of the application is served: this module is global, so Nest initialises it first. */
  async onModuleInit(): Promise<void> {
    // An application context has no routes to configure.
    this.configure();
    await this.start.open();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.start.close();
  }
}

function rootModule(options: AsyncOptions<EieReceiverOptions>, where: string): DynamicModule {
  const configuration = providerFrom(
    EieConfiguration,
    options,
    given =>
      configure(withObservedPorts(readOptions(EieReceiverOptions, given, where, { allowsHttp: httpAllowed(given) }))),
    where,
  );
  return { module: EieReceiverModule, global: true, imports: options.imports ?? [], providers: [configuration] };
}
