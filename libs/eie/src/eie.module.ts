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
import { AuditRecorder } from 'execution-identity/internal';
import { approvalProviders } from './approvals/approvals.providers.js';
import { Authorizer } from './authorization/authorizer.js';
import { HandlerRegistry } from './authorization/handler-registry.js';
import { HandlerRoutes } from './authorization/handler-routes.js';
import { BootChecks } from './boot/boot-checks.js';
import { bootProviders } from './boot/boot.providers.js';
import { DryRun } from './boot/dry-run/dry-run.js';
import { Posture } from './boot/posture/posture.js';
import { ServerStart } from './boot/server-start.js';
import { ServerModule } from './boot/servers.check.js';
import { type AsyncOptions, providerFrom } from './configuration/configuration.providers.js';
import { configure, EieConfiguration, optionsOf } from './configuration/eie-configuration.js';
import { EIE_CLOCK, EIE_DIAGNOSTICS, EIE_TARGET_MODES } from './configuration/ports.js';
import { withObservedPorts } from './configuration/observed-ports.js';
import { readServerOptions } from './configuration/read-server-options.js';
import { processProviders } from './configuration/process.providers.js';
import { type ServerOptions, ServerProfile } from './configuration/server-profile.js';
import { keyRingOf } from './configuration/signing.js';
import { DelegationService } from './delegation/delegation.service.js';
import { featureModule } from './delegation/targets/feature.module.js';
import { TargetRegistry } from './delegation/targets/target-registry.js';
import { EieGuard } from './execution/eie.guard.js';
import { EieAuditInterceptor } from './execution/eie.interceptor.js';
import { ExecutionLog } from './execution/execution-log.js';
import { runFirst } from './execution/run-first.js';
import { ServerHealth } from './health/server-health.js';
import { Edge } from './edge/edge.js';
import { JobIdentities } from './workers/job-identities.js';
import { JobHandlers } from './workers/job-handlers.js';
import { JobSealer } from './jobs/job-sealer.js';
import { Refusals } from './http/refusal-response.js';
import { Resources } from './http/resources.js';
import { WellKnownRoutes } from './http/well-known.routes.js';
import { type EieFeatureOptions, type EieOptions } from './options/eie.options.js';
import { IdentityRevocation } from './revocation/identity-revocation.service.js';
import { SignalRoutes } from './signals/signal.routes.js';
import { Signals } from './signals/signals.js';

/** `imports: [EieModule]`, which gives it no options. */
const withoutOptions: Provider = {
  provide: EieConfiguration,
  useFactory: () => {
    throw new EieConfigurationError(
      'EieModule is imported without options: import EieModule.forRoot() or forRootAsync().',
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
    useFactory: (configuration: EieConfiguration<ServerOptions>) => {
      const options = optionsOf(configuration);
      return new ServerProfile(options, true, options.resource);
    },
    inject: [EieConfiguration],
  },
  Resources,
  TargetRegistry,
  { provide: EIE_TARGET_MODES, useExisting: TargetRegistry },
  HandlerRoutes,
  HandlerRegistry,
  Authorizer,
  ...approvalProviders,
  ExecutionLog,
  IdentityRevocation,
  Signals,
  SignalRoutes,
  DelegationService,
  JobSealer,
  JobHandlers,
  JobIdentities,
  Refusals,
  EieGuard,
  EieAuditInterceptor,
  WellKnownRoutes,
  ServerHealth,
  ServerStart,
  DryRun,
  { provide: APP_GUARD, useExisting: EieGuard },
  { provide: APP_INTERCEPTOR, useExisting: EieAuditInterceptor },
];

/**
 * Makes the application an identity boundary: one `forRoot()` or `forRootAsync()` in its root module, with `EieOptions`. Its
 * guard and its interceptor then run before every handler of the application, and every handler needs an identity policy.
 */
@Module({
  imports: [DiscoveryModule],
  providers,
  exports: [
    EieConfiguration,
    ServerProfile,
    EIE_CLOCK,
    EIE_DIAGNOSTICS,
    BootChecks,
    Posture,
    Resources,
    TargetRegistry,
    HandlerRegistry,
    Authorizer,
    EieGuard,
    ...approvalProviders,
    ExecutionLog,
    AuditRecorder,
    DelegationService,
    JobIdentities,
    IdentityRevocation,
    ServerHealth,
  ],
})
@ServerModule()
export class EieModule implements NestModule, OnModuleInit, OnApplicationShutdown {
  constructor(
    @Inject(ServerStart) private readonly start: ServerStart,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
    @Inject(EieGuard) private readonly guard: EieGuard,
    @Inject(EieAuditInterceptor) private readonly interceptor: EieAuditInterceptor,
    @Inject(SignalRoutes) private readonly signals: SignalRoutes,
  ) {}

  /**
   * @throws EieConfigurationError at boot, naming each wrong, missing or unknown option and its fix
   * @example EieModule.forRoot({ resource, issuers: [keycloak({ url: 'https://id.example.com', realm: 'shop' })] })
   */
  static forRoot(options: EieOptions): DynamicModule {
    return rootModule({ useFactory: () => options }, 'EieModule.forRoot()');
  }

  /**
   * The same with options from other providers, such as keys from a secret store.
   *
   * @example EieModule.forRootAsync({ imports: [VaultModule], inject: [Vault], useFactory: (vault: Vault) => vault.eieOptions() })
   */
  static forRootAsync(options: AsyncOptions<EieOptions>): DynamicModule {
    return rootModule(options, 'EieModule.forRootAsync()');
  }

  /**
   * More targets, beside the module that calls them. Names are unique in the application.
   *
   * @throws EieConfigurationError at boot, naming target, option and fix
   * @example EieModule.forFeature({ targets: { billing_api: { mode: 'on_behalf_of', baseUrl, issuer, resource, scopes } } })
   */
  static forFeature(options: EieFeatureOptions): DynamicModule {
    return featureModule({ useFactory: () => options }, 'EieModule.forFeature()');
  }

  /** The same with targets from other providers. */
  static forFeatureAsync(options: AsyncOptions<EieFeatureOptions>): DynamicModule {
    return featureModule(options, 'EieModule.forFeatureAsync()');
  }

  /** Before Nest registers the routes of the application. */
  configure(): void {
    runFirst(this.config, this.guard, this.interceptor);
    this.start.mountDocuments();
    this.signals.mount();
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

function rootModule(options: AsyncOptions<EieOptions>, where: string): DynamicModule {
  const configuration = providerFrom(
    EieConfiguration,
    options,
    async given => {
      const read = await readServerOptions(given, where);
      return configure({ ...withObservedPorts(read), keys: await keyRingOf(read) });
    },
    where,
  );
  return { module: EieModule, global: true, imports: options.imports ?? [], providers: [configuration] };
}
