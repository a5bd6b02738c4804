import { EieError, type IssuerPolicy, type ShareHolder } from 'execution-identity';
import { spellingsOf, tenantIn, unknownIssuer } from 'execution-identity/internal';
import { type IssuerOptions } from '../options/issuer.options.js';
import { policyOf, type PolicyContext } from './issuer-policies.js';
import { type SourcedIssuers } from './sourced-issuers.js';

/** Every issuer that this server accepts: those of the configuration and those of the issuer source. */
export class IssuerDirectory {
  readonly #configured: ReadonlyMap<string, IssuerPolicy>;
  readonly #sourced: SourcedIssuers;
  /** Made of an answer of the source, for as long as it says the same. */
  readonly #policies = new WeakMap<IssuerOptions, IssuerPolicy>();
  #onForget: (policy: IssuerPolicy) => void = () => undefined;

  constructor(
    configured: readonly IssuerOptions[],
    sourced: SourcedIssuers,
    private readonly context: PolicyContext,
  ) {
    this.#configured = new Map(configured.map(options => [options.issuer, policyOf(options, context)]));
    this.#sourced = sourced;
  }

  /**
   * @param issuer the `iss` of an unverified token
   * @param from who asks: nobody may use up what the source can be asked at one time
   * @throws EieError `issuer_unknown`; `issuer_unavailable` when the source fails; `limit_reached`
   */
  async find(issuer: unknown, from: ShareHolder): Promise<IssuerPolicy> {
    const known =
      typeof issuer === 'string' ? (this.#configured.get(issuer) ?? (await this.#ask(issuer, from))) : undefined;
    if (!known) throw unknownIssuer(issuer, [...this.#configured.keys()]);
    return known;
  }

  /** Whether a policy is the one that `find` would find now, as far as this is known without asking the source. */
  isCurrent(policy: IssuerPolicy): boolean {
    const { issuer } = policy;
    const configured = this.#configured.get(issuer);
    if (configured) return configured === policy;
    const options = this.#sourced.fresh(issuer);
    return options !== undefined && this.#policies.get(options) === policy;
  }

  /** Those that are configured one by one. */
  get policies(): readonly IssuerPolicy[] {
    return [...this.#configured.values()];
  }

  /** The configured issuer of this name, if there is one. */
  configured(issuer: string): IssuerPolicy | undefined {
    return this.#configured.get(issuer);
  }

  /** Calls `listener` with each policy that is no longer used: it changed, it was evicted, or the application stops. */
  onForget(listener: (policy: IssuerPolicy) => void): void {
    this.#onForget = listener;
    this.#sourced.onForget(options => {
      const policy = this.#policies.get(options);
      if (policy) listener(policy);
    });
  }

  close(): void {
    for (const policy of this.#configured.values()) this.#onForget(policy);
    this.#sourced.close();
  }

  async #ask(issuer: string, from: ShareHolder): Promise<IssuerPolicy | undefined> {
    const options = await this.#sourced.find(issuer, from);
    if (!options) return undefined;
    assertOpensNoRoute(options, this.context.furtherAudiences);
    const policy = this.#policies.get(options) ?? policyOf(options, this.context);
    this.#policies.set(options, policy);
    return policy;
  }
}

/**
 * A route with audiences of its own takes tokens for them alone, and no issuer of a source may make one of them its own.
 *
 * @throws EieError `issuer_unknown`
 */
function assertOpensNoRoute(
  { issuer, audience = [], tenantAudience }: IssuerOptions,
  ofRoutes: readonly string[] = [],
): void {
  const shared = ofRoutes.find(
    one =>
      spellingsOf(one).some(spelling => audience.includes(spelling)) ||
      (tenantAudience !== undefined && tenantIn(tenantAudience, one) !== undefined),
  );
  if (shared === undefined) return;
  const fix = `The issuer source says that tokens of this issuer name the audience ${shared}, which is that of a route: one token would open both. Give each its own.`;
  throw new EieError('issuer_unknown', { finding: { issuer, claim: 'audience', fix } });
}
