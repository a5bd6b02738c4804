import {
  type ClaimMatch,
  type ClaimPaths,
  DEFAULT_CLAIM_PATHS,
  EieConfigurationError,
  EieError,
} from 'execution-identity';
import { type TargetGrant } from 'execution-identity/internal';
import { type ClientOptions, type ExchangeOptions } from '../../options/client.options.js';
import { type IssuerOptions } from '../../options/issuer.options.js';
import { readOptions } from '../../options/read-options.js';
import { type ActEvidence, TargetOptions, type TenantTargetOptions } from '../../options/target.options.js';

/** A downstream service, configured by the operator, as it is for the actor's tenant. */
export interface Target extends TargetGrant {
  readonly baseUrl: URL;
  readonly issuer: string;
  readonly resource: string;
  /** `aud` of its tokens. */
  readonly audience: string;
  /** This server at the issuer. */
  readonly client: ClientOptions;
  /** How the issuer wants to be asked, and where its tokens say what. */
  readonly exchange: ExchangeOptions;
  readonly claims: ClaimPaths;
  /** What shows that one of its tokens is a user's. */
  readonly user: ClaimMatch;
  readonly actEvidence: ActEvidence;
  readonly external: boolean;
  /** Milliseconds until it has begun to answer. */
  readonly timeout: number;
}

interface Configured {
  readonly target: Target;
  readonly tenants?: Readonly<Record<string, Target>>;
}

const TIMEOUT_MS = 30_000;

/** The targets of the application by name: those of `forRoot` and those of every `forFeature`. */
export class TargetRegistry {
  readonly #targets = new Map<string, Configured>();

  constructor(private readonly issuers: readonly IssuerOptions[]) {}

  /**
   * @param where the call that gave them, for the message
   * @throws EieConfigurationError naming target, option and fix
   */
  add(targets: Record<string, TargetOptions>, where: string): void {
    for (const [name, input] of Object.entries(targets)) {
      const options = readOptions(TargetOptions, input, `${where}: targets.${name}`);
      if (this.#targets.has(name))
        throw new EieConfigurationError(
          `${where}: target "${name}" is configured twice: give one of them another name.`,
        );
      const tenants =
        options.tenants &&
        Object.entries(options.tenants).map(
          ([tenant, changes]) =>
            [tenant, this.#target(name, options, changes, `${where}: targets.${name}.tenants.${tenant}`)] as const,
        );
      this.#targets.set(name, {
        target: this.#target(name, options, {}, `${where}: targets.${name}`),
        ...(tenants && { tenants: Object.fromEntries(tenants) }),
      });
    }
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

  /** Whether some target needs the user's token once more, for an exchange. */
  actsForUsers(): boolean {
    return [...this.#targets.values()].some(({ target }) => target.mode !== 'service_identity');
  }

  #target(name: string, options: TargetOptions, tenant: TenantTargetOptions, where: string): Target {
    const {
      mode,
      baseUrl,
      issuer,
      resource,
      audience = tenant.resource ?? options.resource,
      scopes,
    } = { ...options, ...tenant };
    const configured = this.issuers.find(one => one.issuer === issuer);
    if (!configured) throw new EieConfigurationError(`${where}.issuer must be one of issuers[].issuer.`);
    const client = tenant.client ?? (issuer === options.issuer ? options.client : undefined) ?? configured.client;
    if (!client)
      throw new EieConfigurationError(
        `${where} needs a token of ${issuer}: configure issuers[].client for that issuer.`,
      );
    return Object.freeze({
      name,
      mode,
      baseUrl: new URL(baseUrl),
      issuer,
      resource,
      audience,
      client,
      exchange: configured.exchange ?? {},
      claims: { ...DEFAULT_CLAIM_PATHS, ...configured.claims },
      user: configured.actorType.user,
      scopes: Array.isArray(scopes) ? scopes : Object.keys(scopes),
      ...(!Array.isArray(scopes) && { scopeMap: scopes }),
      onward: options.onward ?? {},
      actEvidence: options.actEvidence ?? 'required',
      external: options.external ?? false,
      singleUse: options.singleUse ?? false,
      timeout: options.timeout ?? TIMEOUT_MS,
    });
  }
}
