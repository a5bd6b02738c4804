import { Inject, Injectable } from '@nestjs/common';
import { EieConfigurationError, EieError } from 'execution-identity';
import { EieConfiguration, optionsOf } from '../../configuration/eie-configuration.js';
import { httpAllowed } from '../../configuration/http-allowed.js';
import { type ServerOptions } from '../../configuration/server-profile.js';
import { sourcedIssuersOf } from '../../issuers/sourced-issuers.js';
import { partition } from '../../options/issuer-source.js';
import { type AllowsHttp } from '../../options/insecure-http.js';
import { readOptions } from '../../options/read-options.js';
import { TargetOptions } from '../../options/target.options.js';
import { isExternal, targetOf } from './configured-target.js';
import { type Target } from './target.js';
import { type TargetFacts, targetFacts } from './target-facts.js';
import { type KnownIssuers } from './token-origin.js';

interface Configured {
  readonly target: Target;
  readonly facts: TargetFacts;
  readonly tenants?: Readonly<Record<string, Target>>;
}

/** Adds targets. It is not a method: targets hold secrets, and a method could be replaced by code that has the instance. */
let add: (registry: TargetRegistry, targets: Readonly<Record<string, TargetOptions>>, where: string) => void;

/** The targets of the application by name: those of `forRoot` and those of every `forFeature`. */
@Injectable()
export class TargetRegistry {
  readonly #names = new Set<string>();
  readonly #targets = new Map<string, Configured>();
  readonly #problems: string[] = [];
  readonly #issuers: KnownIssuers;
  readonly #isSigning: boolean;
  readonly #allowsHttp: AllowsHttp;

  constructor(@Inject(EieConfiguration) configuration: EieConfiguration<ServerOptions>) {
    const options = optionsOf(configuration);
    const { issuers, targets = {}, keys } = options;
    this.#allowsHttp = httpAllowed(options);
    const { configured, source } = partition(issuers);
    this.#issuers = {
      configured,
      mayBeFound: issuer => sourcedIssuersOf(options).mayKnow(issuer),
      hasIssuerSource: source !== undefined,
      hasClientSource: options.ports?.clients !== undefined,
    };
    this.#isSigning = keys !== undefined;
    this.#add(targets, this.where);
  }

  /** The problems with the targets of the application. Each names target, option and fix. */
  get problems(): readonly string[] {
    return this.#problems;
  }

  /** Whether a target of this name is configured, even with wrong options. */
  isNamed(name: string): boolean {
    return this.#names.has(name);
  }

  /** How each target is called, for reviewers. */
  get facts(): readonly TargetFacts[] {
    return [...this.#targets.values()].map(({ facts }) => facts);
  }

  get(name: string): Target | undefined {
    return this.#targets.get(name)?.target;
  }

  /** @throws EieError `target_undeclared`; `target_tenant_unknown` where the target has tenants, and this is none of them */
  forTenant(name: string, tenant: string | undefined): Target {
    const configured = this.#targets.get(name);
    if (!configured) throw new EieError('target_undeclared');
    if (!configured.tenants) return configured.target;
    if (tenant === undefined || !Object.hasOwn(configured.tenants, tenant)) throw new EieError('target_tenant_unknown');
    return configured.tenants[tenant]!;
  }

  /** Every target, in the form of every tenant. */
  all(): Target[] {
    return [...this.#targets.values()].flatMap(({ target, tenants = {} }) => [target, ...Object.values(tenants)]);
  }

  /** Whether some target needs the user's token once more, for an exchange. */
  actsForUsers(): boolean {
    return [...this.#targets.values()].some(({ target }) => target.mode !== 'service_identity');
  }

  static {
    add = (registry, targets, where) => registry.#add(targets, where);
  }

  /** The call that takes the targets, for messages. */
  protected get where(): string {
    return 'EieModule.forRoot()';
  }

  /** @throws EieConfigurationError naming the option and the fix, where this kind of server cannot call such a target */
  protected assertPossible(where: string, options: TargetOptions): void {
    if (isExternal(options) || this.#isSigning) return;
    throw new EieConfigurationError(
      `${where} gets a Txn-Token, which has to be signed: give EieModule "signing: { keys: [private JWK] }" or a signer, or mark the target "external: true".`,
    );
  }

  #add(targets: Readonly<Record<string, TargetOptions>>, where: string): void {
    for (const [name, input] of Object.entries(targets)) {
      try {
        if (this.isNamed(name))
          throw new EieConfigurationError(
            `${where}: target "${name}" is configured twice: give one of them another name.`,
          );
        this.#names.add(name);
        this.#targets.set(name, this.#read(name, input, `${where}: targets.${name}`));
      } catch (error) {
        if (!(error instanceof EieConfigurationError)) throw error;
        this.#problems.push(error.message);
      }
    }
  }

  #read(name: string, input: TargetOptions, where: string): Configured {
    const options = readOptions(TargetOptions, input, where, { allowsHttp: this.#allowsHttp });
    this.assertPossible(where, options);
    const target = targetOf(name, options, {}, this.#issuers, where);
    const facts = targetFacts(options, target);
    if (!options.tenants) return { target, facts };
    const tenants = Object.entries(options.tenants).map(
      ([tenant, changes]) =>
        [tenant, targetOf(name, options, changes, this.#issuers, `${where}.tenants.${tenant}`)] as const,
    );
    return { target, facts, tenants: Object.fromEntries(tenants) };
  }
}

/**
 * Adds the targets of a feature module.
 *
 * @param where the call that was given them, for the message
 */
export function addTargets(
  registry: TargetRegistry,
  targets: Readonly<Record<string, TargetOptions>>,
  where: string,
): void {
  add(registry, targets, where);
}
