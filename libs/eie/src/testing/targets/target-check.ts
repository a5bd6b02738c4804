import {
  EieError,
  type ExecutionIdentityEnvelope,
  type IssuerPolicy,
  issuerPolicy,
  type JwkSet,
  MemoryReplayStore,
  type Presenter,
  staticKeys,
  verifyAccessToken,
  verifyDelegatedCall,
} from 'execution-identity';
import { type TargetOptions } from '../../options/target.options.js';
import { type TestIssuer, type TestIssuers } from '../app/test-issuers.js';

/** Whose calls a target takes. */
export interface TargetTrust {
  readonly resource: string;
  readonly trustDomain: string;
  /** The public keys of the application; `undefined` where it seals nothing. */
  readonly jwks: JwkSet | undefined;
}

/** Who has called, as far as the credentials of that kind of target say. */
export interface CheckedCall {
  readonly identity?: ExecutionIdentityEnvelope;
  readonly sub?: string;
  readonly scopes: readonly string[];
}

const REPLAYS = 10_000;

/**
 * Verifies calls as a service behind the application would: both credentials and their agreement, by `verifyDelegatedCall`; at an `external`
 * target the access token alone; where a target has a credential of its own, nothing, since only that API knows it.
 */
export class TargetCheck {
  readonly #replays = new MemoryReplayStore(REPLAYS);

  constructor(
    private readonly name: string,
    private readonly options: TargetOptions,
    private readonly issuers: TestIssuers,
    private readonly trust: () => TargetTrust,
  ) {}

  /** @throws EieError as `verifyDelegatedCall` or `verifyAccessToken` do */
  async check(rawHeaders: readonly string[]): Promise<CheckedCall> {
    if (this.options.credential) return { scopes: [] };
    const issuers = new Map(this.issuers.all.map(issuer => [issuer.options.issuer, this.#policy(issuer)]));
    if (this.options.external) {
      const { sub, scopes } = await verifyAccessToken(bearerIn(rawHeaders), issuers, Math.floor(Date.now() / 1000));
      return { sub, scopes };
    }
    const { resource, trustDomain, jwks } = this.trust();
    if (!jwks) throw new EieError('txn_token_invalid');
    const identity = await verifyDelegatedCall(rawHeaders, {
      service: this.name,
      issuers,
      trust: { trustDomain, issuers: new Map([[resource, staticKeys(jwks)]]) },
      presenters: this.#presenters(resource),
      ...(this.options.singleUse && { replays: this.#replays }),
    });
    return { identity, sub: identity.actor.sub, scopes: identity.authorization.scopes };
  }

  #policy({ server, options: { tenants } }: TestIssuer): IssuerPolicy {
    const { resource, audience = resource, tenants: ofTenants = {} } = this.options;
    const others = Object.values(ofTenants).flatMap(one => one.audience ?? one.resource ?? []);
    const { issuer, algorithms, actorType } = server.issuerOptions();
    return issuerPolicy({
      issuer,
      algorithms,
      keys: staticKeys(server.jwks),
      audience: [...(audience === undefined ? [] : [audience]), ...others],
      user: { claim: 'sub_profile', values: actorType.user.values! },
      service: { claim: 'sub_profile', values: actorType.service!.values! },
      ...(tenants && { tenants: Array.isArray(tenants) ? tenants : Object.keys(tenants) }),
    });
  }

  /** The application itself, by each client that it has at an issuer. */
  #presenters(workload: string): Presenter[] {
    const own = [this.options, ...Object.values(this.options.tenants ?? {})].flatMap(one => one.client ?? []);
    return this.issuers.all.flatMap(({ options: { issuer, client } }) =>
      [...own, ...(client ? [client] : [])].map(({ clientId }) => ({ workload, issuer, clientId })),
    );
  }
}

function bearerIn(rawHeaders: readonly string[]): string {
  const values = rawHeaders.filter((_value, i) => i % 2 === 1 && rawHeaders[i - 1]!.toLowerCase() === 'authorization');
  const token = /^bearer (\S+)$/i.exec(values[0] ?? '')?.[1];
  if (token === undefined || values.length > 1) throw new EieError('credentials_missing');
  return token;
}
