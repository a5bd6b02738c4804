import { EieConfigurationError, type JwkSet } from 'execution-identity';
import { type OptionsReplacement } from '../../configuration/replaced-options.js';
import { trustDomainOf } from '../../configuration/signing.js';
import { type EieOptions } from '../../options/eie.options.js';
import { type TargetOptions } from '../../options/target.options.js';
import { TestTarget } from '../targets/test-target.js';
import { type TestAudit } from './test-audit.js';
import { type TestIssuers } from './test-issuers.js';

/** Options of `EieModule` that a test may replace, beside what the kit replaces. */
export type ReplaceableOptions = Pick<EieOptions, 'limits' | 'ports' | 'signing'>;

/** Whose envelopes the targets of an application believe. */
export interface Sealer {
  readonly resource: string;
  readonly trustDomain: string;
}

/** Puts test issuers, the test's audit log and fake targets in the place of those of an application, and nothing else. */
export class Replacements implements OptionsReplacement {
  readonly fakeTargets = new Map<string, TestTarget>();
  #sealer?: Sealer;

  constructor(
    private readonly issuers: TestIssuers,
    private readonly audit: TestAudit,
    private readonly options: Partial<ReplaceableOptions>,
    /** Of the application, once it is made. */
    private readonly publicKeys: () => JwkSet | undefined,
  ) {}

  /** @throws EieConfigurationError where the application has no `EieModule`, so that nothing was replaced */
  get sealer(): Sealer {
    if (this.#sealer) return this.#sealer;
    throw new EieConfigurationError(
      'The module that startTestApp() was given imports no EieModule of this copy of nestjs-eie: import EieModule.forRoot() or forRootAsync() in it. A service with EieReceiverModule alone is not tested by it.',
    );
  }

  async server(given: EieOptions): Promise<EieOptions> {
    const { limits, signing, ports } = this.options;
    const { clients, ...kept } = { ...given.ports, ...ports };
    const options: EieOptions = {
      ...given,
      ...(limits && { limits: { ...given.limits, ...limits } }),
      ...(signing !== undefined && { signing }),
      ports: kept,
      audit: { log: this.audit },
      issuers: await this.issuers.replaced(given.issuers, given.resource, clients !== undefined),
    };
    this.#sealer = { resource: options.resource, trustDomain: trustDomainOf(options) };
    return { ...options, ...(given.targets && { targets: await this.targets(given.targets) }) };
  }

  async targets(given: Readonly<Record<string, TargetOptions>>): Promise<Record<string, TargetOptions>> {
    const replaced: Record<string, TargetOptions> = {};
    for (const [name, target] of Object.entries(given)) replaced[name] = await this.#target(name, target);
    return replaced;
  }

  async #target(name: string, given: TargetOptions): Promise<TargetOptions> {
    const target = await this.#fake(name, given);
    const here = <Part extends { baseUrl?: string; client?: TargetOptions['client'] }>(part: Part): Part => ({
      ...part,
      ...(part.baseUrl !== undefined && { baseUrl: target.at(part.baseUrl) }),
      ...(part.client && { client: this.issuers.client(part.client) }),
    });
    const { tenants = {}, mode, scopes, audience } = given;
    for (const { resource = given.resource, audience: ofTenant = audience } of [given, ...Object.values(tenants)])
      if (resource !== undefined)
        await this.issuers.addResource(resource, {
          ...(scopes && { scopes }),
          ...(ofTenant !== undefined && { audience: ofTenant }),
          exchange: mode === 'restricted_user' ? 'impersonation' : 'delegation',
        });
    return {
      ...here(given),
      ...(given.tenants && {
        tenants: Object.fromEntries(Object.entries(tenants).map(([tenant, part]) => [tenant, here(part)])),
      }),
    };
  }

  async #fake(name: string, options: TargetOptions): Promise<TestTarget> {
    await this.fakeTargets.get(name)?.close();
    const target = await TestTarget.start(name, {
      options,
      issuers: this.issuers,
      trust: () => ({ ...this.sealer, jwks: this.publicKeys() }),
    });
    this.fakeTargets.set(name, target);
    return target;
  }
}
