import { ConfigurableModuleBuilder, Inject, Module, type OnApplicationShutdown, type Provider } from '@nestjs/common';
import {
  APP_GUARD,
  APP_INTERCEPTOR,
  DiscoveryModule,
  DiscoveryService,
  HttpAdapterHost,
  MetadataScanner,
} from '@nestjs/core';
import { AuditRecorder } from 'execution-identity/internal';
import { auditProviders } from '../options/audit.providers.js';
import { Authorizer } from '../authorization/authorizer.js';
import { type ReceiverPolicy, remoteKeys, ReplayStore, ScopeHierarchy, staticKeys } from 'execution-identity';
import { issuerPolicies } from '../issuers/issuer-policies.js';
import { Refusals } from '../http/refusal-response.js';
import { Resources } from '../http/resources.js';
import { WellKnownRoutes } from '../http/well-known.routes.js';
import { DelegationService } from '../delegation/delegation.service.js';
import { TargetRegistry } from '../delegation/targets/target-registry.js';
import { EieAuditInterceptor } from '../execution/eie.interceptor.js';
import { IdentityRevocation } from '../revocation/identity-revocation.service.js';
import { readOptions } from '../options/read-options.js';
import { HttpHandlersProof } from '../boot/http-handlers.check.js';
import { onwardProviders } from './onward.providers.js';
import { EieReceiverGuard } from './receiver.guard.js';
import { EieReceiverOptions } from './receiver.options.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<EieReceiverOptions>({
  moduleName: 'EieReceiver',
})
  .setClassMethodName('forRoot')
  .setExtras({}, definition => ({ ...definition, global: true }))
  .build();

/** Txn-Tokens live for a minute: this many a minute at most, and none beyond. */
const USED_TOKENS = 50_000;

function receiverPolicy(options: EieReceiverOptions): ReceiverPolicy {
  const { service, issuers, trust, presenters, singleUse, fetch: fetcher = fetch, clock = Date.now } = options;
  const io = { fetch: fetcher, now: () => clock() / 1000 };
  const sealers = trust.issuers.map(
    ({ issuer, jwks, jwksUri }) => [issuer, jwks ? staticKeys(jwks) : remoteKeys(jwksUri!, io)] as const,
  );
  return {
    service,
    issuers: issuerPolicies(issuers, { ...options, acceptsDpop: false }),
    trust: { trustDomain: trust.trustDomain, issuers: new Map(sealers) },
    presenters,
    ...(singleUse && { replays: new ReplayStore(USED_TOKENS) }),
  };
}

const providers: Provider[] = [
  {
    provide: EieReceiverOptions,
    useFactory: (input: unknown) => readOptions(EieReceiverOptions, input, 'EieReceiverModule'),
    inject: [MODULE_OPTIONS_TOKEN],
  },
  ...auditProviders(EieReceiverOptions, ({ service }) => service),
  ...onwardProviders,
  {
    provide: Refusals,
    useFactory: (host: HttpAdapterHost, { resource }: EieReceiverOptions) =>
      new Refusals(host, new Resources(resource), ['Bearer']),
    inject: [HttpAdapterHost, EieReceiverOptions],
  },
  {
    provide: EieReceiverGuard,
    useFactory: (
      options: EieReceiverOptions,
      audit: AuditRecorder,
      refusals: Refusals,
      revocation: IdentityRevocation,
      targets: TargetRegistry,
    ) => {
      const { publicRoutes = [], scopeHierarchy, clock = Date.now } = options;
      const base = {
        publicRoutes,
        authorizer: new Authorizer(audit, new ScopeHierarchy(scopeHierarchy)),
        targets,
        audit,
        refusals,
      };
      return new EieReceiverGuard(base, receiverPolicy(options), revocation, () => Math.floor(clock() / 1000));
    },
    inject: [EieReceiverOptions, AuditRecorder, Refusals, IdentityRevocation, TargetRegistry],
  },
  {
    provide: EieAuditInterceptor,
    useFactory: (audit: AuditRecorder, refusals: Refusals) => new EieAuditInterceptor(audit, refusals),
    inject: [AuditRecorder, Refusals],
  },
  {
    provide: WellKnownRoutes,
    useFactory: (host: HttpAdapterHost, options: EieReceiverOptions) => new WellKnownRoutes(host, options),
    inject: [HttpAdapterHost, EieReceiverOptions],
  },
  {
    provide: HttpHandlersProof,
    useFactory: (
      discovery: DiscoveryService,
      scanner: MetadataScanner,
      targets: TargetRegistry,
      { publicRoutes = [] }: EieReceiverOptions,
    ) => new HttpHandlersProof(discovery, scanner, targets, publicRoutes),
    inject: [DiscoveryService, MetadataScanner, TargetRegistry, EieReceiverOptions],
  },
  { provide: APP_GUARD, useExisting: EieReceiverGuard },
  { provide: APP_INTERCEPTOR, useExisting: EieAuditInterceptor },
];

/**
 * Makes a downstream service believe sealed envelopes: `forRoot()` or `forRootAsync()` once, with `EieReceiverOptions`.
 * Its guard stands before every handler, which use the same `@Identity()` and `@RequireScopes()` as at the boundary, and
 * `@Delegated()` or `DelegationService` for services that the received envelope names onward.
 */
@Module({ imports: [DiscoveryModule], providers, exports: [DelegationService, IdentityRevocation] })
export class EieReceiverModule extends ConfigurableModuleClass implements OnApplicationShutdown {
  constructor(@Inject(AuditRecorder) private readonly audit: AuditRecorder) {
    super();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.audit.close();
  }
}
