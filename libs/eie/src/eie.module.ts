import {
  ConfigurableModuleBuilder,
  type DynamicModule,
  Inject,
  Logger,
  Module,
  type OnApplicationShutdown,
  type Provider,
} from '@nestjs/common';
import {
  APP_GUARD,
  APP_INTERCEPTOR,
  DiscoveryModule,
  DiscoveryService,
  HttpAdapterHost,
  MetadataScanner,
} from '@nestjs/core';
import { AuditRecorder } from 'execution-identity/internal';
import { auditProviders } from './options/audit.providers.js';
import { Authorizer } from './authorization/authorizer.js';
import { EieConfigurationError, ScopeHierarchy } from 'execution-identity';
import { Boundary } from './boundary/boundary.js';
import { type OpaqueAuthenticator, opaqueAuthenticator } from './boundary/introspection.strategy.js';
import { IssuerDirectory } from './issuers/issuer-directory.js';
import { Refusals } from './http/refusal-response.js';
import { Resources } from './http/resources.js';
import { WellKnownRoutes } from './http/well-known.routes.js';
import { DelegationService } from './delegation/delegation.service.js';
import { TargetRegistry } from './delegation/targets/target-registry.js';
import { TokenClient } from './delegation/exchange/token-client.js';
import { EieGuard } from './execution/eie.guard.js';
import { EieAuditInterceptor } from './execution/eie.interceptor.js';
import { EieOptions } from './options/eie.options.js';
import { EnvelopeSealer, KeyRing } from 'execution-identity/internal/seal';
import { IdentityRevocation } from './revocation/identity-revocation.service.js';
import { IssuerClient } from './issuers/issuer-client.js';
import { readOptions } from './options/read-options.js';
import { type TargetOptions } from './options/target.options.js';
import { HttpHandlersProof } from './boot/http-handlers.check.js';

const { ConfigurableModuleClass, MODULE_OPTIONS_TOKEN } = new ConfigurableModuleBuilder<EieOptions>({
  moduleName: 'Eie',
})
  .setClassMethodName('forRoot')
  .setExtras({}, definition => ({ ...definition, global: true }))
  .build();

const secondsOf =
  ({ clock = Date.now }: EieOptions) =>
  (): number =>
    Math.floor(clock() / 1000);

const providers: Provider[] = [
  {
    provide: EieOptions,
    useFactory: (input: unknown) => readOptions(EieOptions, input, 'EieModule'),
    inject: [MODULE_OPTIONS_TOKEN],
  },
  { provide: KeyRing, useFactory: keyRing, inject: [EieOptions] },
  { provide: Resources, useFactory: ({ resource }: EieOptions) => new Resources(resource), inject: [EieOptions] },
  ...auditProviders(EieOptions, ({ resource }) => resource),
  { provide: TargetRegistry, useFactory: targetRegistry, inject: [EieOptions] },
  {
    provide: Authorizer,
    useFactory: (audit: AuditRecorder, { scopeHierarchy }: EieOptions) =>
      new Authorizer(audit, new ScopeHierarchy(scopeHierarchy)),
    inject: [AuditRecorder, EieOptions],
  },
  {
    provide: IssuerClient,
    useFactory: ({ issuers, fetch: fetcher = fetch }: EieOptions) => new IssuerClient(issuers, fetcher),
    inject: [EieOptions],
  },
  {
    provide: IdentityRevocation,
    useFactory: (audit: AuditRecorder, { clock = Date.now }: EieOptions) => new IdentityRevocation(audit, clock),
    inject: [AuditRecorder, EieOptions],
  },
  {
    provide: Boundary,
    useFactory: (
      options: EieOptions,
      targets: TargetRegistry,
      revocation: IdentityRevocation,
      client: IssuerClient,
      resources: Resources,
    ) => {
      const now = secondsOf(options);
      const issuers = new IssuerDirectory(
        options.issuers,
        options.issuerSource,
        { ...options, acceptsDpop: true, furtherAudiences: resources.further },
        now,
      );
      return new Boundary({
        issuers,
        opaque: opaqueIssuer(options, issuers, client, now),
        revocation,
        resources,
        now,
        keepsTokens: () => targets.actsForUsers(),
      });
    },
    inject: [EieOptions, TargetRegistry, IdentityRevocation, IssuerClient, Resources],
  },
  {
    provide: DelegationService,
    useFactory: (
      options: EieOptions,
      targets: TargetRegistry,
      keys: KeyRing,
      audit: AuditRecorder,
      revocation: IdentityRevocation,
      client: IssuerClient,
    ) => {
      const io = { fetch: options.fetch ?? fetch, clock: options.clock ?? Date.now };
      return new DelegationService(
        targets,
        new TokenClient(client),
        new EnvelopeSealer(keys, options.trustDomain),
        audit,
        revocation,
        io,
      );
    },
    inject: [EieOptions, TargetRegistry, KeyRing, AuditRecorder, IdentityRevocation, IssuerClient],
  },
  {
    provide: Refusals,
    useFactory: (host: HttpAdapterHost, resources: Resources, { scopesSupported }: EieOptions) =>
      new Refusals(host, resources, ['Bearer', 'DPoP'], scopesSupported),
    inject: [HttpAdapterHost, Resources, EieOptions],
  },
  {
    provide: EieGuard,
    useFactory: (
      options: EieOptions,
      boundary: Boundary,
      authorizer: Authorizer,
      targets: TargetRegistry,
      audit: AuditRecorder,
      refusals: Refusals,
      revocation: IdentityRevocation,
    ) =>
      new EieGuard(
        { publicRoutes: options.publicRoutes ?? [], authorizer, targets, audit, refusals },
        options,
        boundary,
        revocation,
      ),
    inject: [EieOptions, Boundary, Authorizer, TargetRegistry, AuditRecorder, Refusals, IdentityRevocation],
  },
  {
    provide: EieAuditInterceptor,
    useFactory: (audit: AuditRecorder, refusals: Refusals) => new EieAuditInterceptor(audit, refusals),
    inject: [AuditRecorder, Refusals],
  },
  {
    provide: WellKnownRoutes,
    useFactory: (host: HttpAdapterHost, options: EieOptions, keys: KeyRing, resources: Resources) =>
      new WellKnownRoutes(host, options, { keys, dpop: true, resources }),
    inject: [HttpAdapterHost, EieOptions, KeyRing, Resources],
  },
  {
    provide: HttpHandlersProof,
    useFactory: (
      discovery: DiscoveryService,
      scanner: MetadataScanner,
      targets: TargetRegistry,
      { publicRoutes = [] }: EieOptions,
    ) => new HttpHandlersProof(discovery, scanner, targets, publicRoutes),
    inject: [DiscoveryService, MetadataScanner, TargetRegistry, EieOptions],
  },
  { provide: APP_GUARD, useExisting: EieGuard },
  { provide: APP_INTERCEPTOR, useExisting: EieAuditInterceptor },
];

/**
 * Makes the application an identity boundary. `forRoot()` or `forRootAsync()` once, with `EieOptions`; its guard and its
 * interceptor then stand before every handler of the application, and every handler needs an identity policy.
 */
@Module({
  imports: [DiscoveryModule],
  providers,
  exports: [EieOptions, Resources, TargetRegistry, Authorizer, AuditRecorder, DelegationService, IdentityRevocation],
})
export class EieModule extends ConfigurableModuleClass implements OnApplicationShutdown {
  constructor(
    @Inject(Boundary) private readonly boundary: Boundary,
    @Inject(AuditRecorder) private readonly audit: AuditRecorder,
  ) {
    super();
  }

  /** More targets, next to the module that calls them. Names are unique in the application. */
  static forFeature({ targets }: { targets: Record<string, TargetOptions> }): DynamicModule {
    const register: Provider = {
      provide: Symbol('eie:targets'),
      useFactory: (registry: TargetRegistry) => registry.add(targets, 'EieModule.forFeature()'),
      inject: [TargetRegistry],
    };
    return { module: EieFeatureModule, providers: [register] };
  }

  async onApplicationShutdown(): Promise<void> {
    this.boundary.close();
    await this.audit.close();
  }
}

@Module({})
class EieFeatureModule {}

async function keyRing({ signing }: EieOptions): Promise<KeyRing> {
  if (signing !== 'ephemeral') return KeyRing.from(signing.keys);
  new Logger('EieModule').warn(
    'signing is "ephemeral": envelopes are sealed with a key that only this process has and that is gone when it stops. Use a private JWK Set where more than one process seals.',
  );
  return KeyRing.ephemeral();
}

function opaqueIssuer(
  { issuers }: EieOptions,
  directory: IssuerDirectory,
  client: IssuerClient,
  now: () => number,
): OpaqueAuthenticator | undefined {
  const [first, second] = issuers.filter(issuer => issuer.opaqueTokens);
  if (!first) return undefined;
  if (second)
    throw new EieConfigurationError(
      'issuers[].opaqueTokens may be true for one issuer at most: an opaque token does not say whose it is.',
    );
  if (!first.client)
    throw new EieConfigurationError(
      `issuers[].opaqueTokens of ${first.issuer} needs issuers[].client: the issuer tells only its clients about tokens.`,
    );
  return opaqueAuthenticator(directory.configured(first.issuer)!, client, now);
}

function targetRegistry(options: EieOptions): TargetRegistry {
  const registry = new TargetRegistry(options.issuers);
  registry.add(options.targets ?? {}, 'EieModule.forRoot()');
  return registry;
}
