import { ConfigurableModuleBuilder, Inject, Module, type OnApplicationShutdown, type Provider } from '@nestjs/common';
import { APP_GUARD, APP_INTERCEPTOR, DiscoveryModule, DiscoveryService, HttpAdapterHost, MetadataScanner } from '@nestjs/core';
import { AuditTrail } from '../audit/audit-trail.js';
import { auditProviders } from '../audit/audit.providers.js';
import { Authorizer } from '../authorization/authorizer.js';
import { ScopeHierarchy } from '../authorization/scope-hierarchy.js';
import { issuerPolicies } from '../boundary/issuers.js';
import { Refusals } from '../boundary/refusal.js';
import { Resources } from '../boundary/resources.js';
import { WellKnownRoutes } from '../boundary/well-known.routes.js';
import { DelegationService } from '../delegation/delegation.service.js';
import { TargetRegistry } from '../delegation/targets.js';
import { EieAuditInterceptor } from '../eie.interceptor.js';
import { IdentityRevocation } from '../identity-revocation.service.js';
import { readOptions } from '../options/read-options.js';
import { HttpHandlersProof } from '../proof/http-handlers.proof.js';
import { remoteKeys, staticKeys } from '../token/key-source.js';
import { ReplayStore } from '../token/replay-store.js';
import { type ReceiverPolicy } from './core/verify-delegated-call.js';
import { onwardProviders } from './onward.providers.js';
import { EieReceiverGuard } from './receiver.guard.js';
import { EieReceiverOptions } from './receiver.options.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<EieReceiverOptions>({ moduleName: 'EieReceiver' })
  .setClassMethodName('forRoot')
  .setExtras({}, definition => ({ ...definition, global: true }))
  .build();

/** Txn-Tokens live for a minute: this many a minute at most, and none beyond. */
const USED_TOKENS = 50_000;

function receiverPolicy(options: EieReceiverOptions): ReceiverPolicy {
  const { service, issuers, trust, presenters, singleUse, fetch: fetcher = fetch, clock = Date.now } = options;
  const io = { fetch: fetcher, now: () => clock() / 1000 };
  const sealers = trust.issuers.map(({ issuer, jwks, jwksUri }) => [issuer, jwks ? staticKeys(jwks) : remoteKeys(jwksUri!, io)] as const);
  return {
    service,
    issuers: issuerPolicies(issuers, { ...options, acceptsDpop: false }),
    trust: { trustDomain: trust.trustDomain, issuers: new Map(sealers) },
    presenters,
    ...(singleUse && { replays: new ReplayStore(USED_TOKENS) }),
  };
}

const providers: Provider[] = [
  { provide: EieReceiverOptions, useFactory: (input: unknown) => readOptions(EieReceiverOptions, input, 'EieReceiverModule'), inject: [MODULE_OPTIONS_TOKEN] },
  ...auditProviders(EieReceiverOptions),
  ...onwardProviders,
  {
    provide: Refusals,
    useFactory: (host: HttpAdapterHost, { resource }: EieReceiverOptions) => new Refusals(host, new Resources(resource), ['Bearer']),
    inject: [HttpAdapterHost, EieReceiverOptions],
  },
  {
    provide: EieReceiverGuard,
    useFactory: (options: EieReceiverOptions, trail: AuditTrail, refusals: Refusals, revocation: IdentityRevocation) => {
      const { publicRoutes = [], scopeHierarchy, clock = Date.now } = options;
      const base = { publicRoutes, authorizer: new Authorizer(trail, new ScopeHierarchy(scopeHierarchy)), trail, refusals };
      return new EieReceiverGuard(base, receiverPolicy(options), revocation, () => Math.floor(clock() / 1000));
    },
    inject: [EieReceiverOptions, AuditTrail, Refusals, IdentityRevocation],
  },
  {
    provide: EieAuditInterceptor,
    useFactory: (trail: AuditTrail, refusals: Refusals) => new EieAuditInterceptor(trail, refusals),
    inject: [AuditTrail, Refusals],
  },
  {
    provide: WellKnownRoutes,
    useFactory: (host: HttpAdapterHost, options: EieReceiverOptions) => new WellKnownRoutes(host, options),
    inject: [HttpAdapterHost, EieReceiverOptions],
  },
  {
    provide: HttpHandlersProof,
    useFactory: (discovery: DiscoveryService, scanner: MetadataScanner, targets: TargetRegistry, { publicRoutes = [] }: EieReceiverOptions) =>
      new HttpHandlersProof(discovery, scanner, targets, publicRoutes),
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
  constructor(@Inject(AuditTrail) private readonly trail: AuditTrail) {
    super();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.trail.close();
  }
}
