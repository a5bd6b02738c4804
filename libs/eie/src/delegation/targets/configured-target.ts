import { DEFAULT_CLAIM_PATHS, EieConfigurationError } from 'execution-identity';
import { deepFreeze } from '../../configuration/deep-freeze.js';
import { type IssuerAddress } from '../../issuers/issuer-client.js';
import { OAuthClient } from '../../issuers/oauth-client.js';
import { IdentityProvider } from '../../options/identity-provider.js';
import { type IssuerOptions } from '../../options/issuer.options.js';
import { type TargetOptions, type TenantTargetOptions } from '../../options/target.options.js';
import { leaveOpen } from './open-target.js';
import { type Target } from './target.js';
import { keepClient } from './target-client.js';
import { keepCredential } from './target-credential.js';
import { ownCredential } from './own-credential.js';
import { type KnownIssuers, tokenOrigin } from './token-origin.js';

const TIMEOUT_MS = 30_000;

/**
 * @param tenant what is different for the users of one tenant
 * @param where the option, for the message
 * @param known what is known of issuers at boot; a target may be left open, to be completed when it is called
 * @throws EieConfigurationError as {@link tokenOrigin} and {@link ownCredential} say, when the target is its own onward service, when its issuer
 * would be asked for scopes that it does not know, and when an approval would reach nobody, somebody else, or somebody twice
 */
export function targetOf(
  name: string,
  options: TargetOptions,
  tenant: TenantTargetOptions,
  known: KnownIssuers,
  where: string,
): Target {
  const own = ownCredential(options, tenant, where);
  const origin = own ? undefined : tokenOrigin(options, tenant, known, where);
  if (options.onward && Object.hasOwn(options.onward, name))
    throw new EieConfigurationError(
      `${where}.onward must not name ${name} itself: what is called there directly uses "scopes".`,
    );
  assertApprovalStays(options, where);
  const client = origin?.client && new OAuthClient(origin.client, origin.clientFrom);
  const build = (at?: IssuerOptions, as?: OAuthClient): Target => {
    const target = builtTarget(name, { ...options, ...tenant }, { at, as, ownHeaders: own?.headers });
    if (as) keepClient(target, { client: as, ...(at && { at: addressOf(at) }) });
    return target;
  };
  const target = build(origin?.options, client);
  assertScopesAlone(target, where);
  if (own) keepCredential(target, own.credential);
  if (origin && !(origin.options && client))
    leaveOpen(target, { issuer: origin.issuer, ...(client && { client }), complete: build });
  return target;
}

/** @throws EieConfigurationError where an approval could not be carried to this target alone, once for each call */
function assertApprovalStays(options: TargetOptions, where: string): void {
  if (!options.carriesApproval) return;
  const refuse = (fix: string): never => {
    throw new EieConfigurationError(`${where}.carriesApproval ${fix}`);
  };
  if (isExternal(options))
    refuse(
      'must be left out: the target gets no Txn-Token, which an approval is carried in. Or say "external: false".',
    );
  if (options.singleUse === false)
    refuse('needs a Txn-Token for each call: leave "singleUse" out, or say true. An approval must not be sent twice.');
  if (Object.keys(options.onward ?? {}).length)
    refuse(
      'must be left out beside "onward": the Txn-Token is passed on as it came, so the services there would get the approval too.',
    );
}

/** Entra ID is asked for a scope under the URI of the target, and writes it alone into the token. */
function assertScopesAlone({ exchange, resource, scopes, scopeMap = {} }: Target, where: string): void {
  if (exchange.dialect !== 'entra_id') return;
  const under = `${resource}/`;
  const found = [...scopes, ...Object.values(scopeMap).flat()].find(scope => scope.startsWith(under));
  if (found !== undefined)
    throw new EieConfigurationError(
      `${where}.scopes must name "${found.slice(under.length)}" in place of "${found}": the URI is said once, in "resource".`,
    );
}

const addressOf = ({ issuer, metadata, provider }: IssuerOptions): IssuerAddress => ({
  issuer,
  ...(metadata !== undefined && { metadata }),
  ...(provider && { provider }),
});

/** What the options alone do not say. */
interface Settled {
  readonly at: IssuerOptions | undefined;
  readonly as: OAuthClient | undefined;
  readonly ownHeaders: readonly string[] | undefined;
}

function builtTarget(name: string, options: TargetOptions, { at, as, ownHeaders }: Settled): Target {
  const { mode, baseUrl, resource = '', scopes = [], ...rest } = options;
  const href = new URL(baseUrl).href;
  return Object.freeze({
    name,
    mode,
    // A new one each time, because a URL is mutable.
    get baseUrl() {
      return new URL(href);
    },
    issuer: at?.issuer ?? '',
    resource,
    audience: rest.audience ?? resource,
    clientId: as?.clientId ?? '',
    exchange: IdentityProvider.exchangeOf(at?.provider),
    ...deepFreeze({
      claims: { ...DEFAULT_CLAIM_PATHS, ...at?.claims },
      user: at?.actorType.user ?? { claim: 'sub' },
      scopes: Array.isArray(scopes) ? scopes : Object.keys(scopes),
      ...(!Array.isArray(scopes) && { scopeMap: scopes }),
      onward: rest.onward ?? {},
    }),
    actEvidence: rest.actEvidence ?? 'required',
    ...(ownHeaders && { ownHeaders: Object.freeze([...ownHeaders]) }),
    external: isExternal(rest),
    singleUse: rest.singleUse ?? rest.carriesApproval ?? false,
    carriesApproval: rest.carriesApproval ?? false,
    timeout: rest.timeout ?? TIMEOUT_MS,
  });
}

/** Whether a target gets no `Txn-Token`. */
export const isExternal = ({ external, credential }: Pick<TargetOptions, 'external' | 'credential'>): boolean =>
  external ?? credential !== undefined;
