import { type ClaimMatch, type ClaimPaths, DEFAULT_CLAIM_PATHS, EieConfigurationError } from 'execution-identity';
import { type TargetGrant } from 'execution-identity/internal';
import { deepFreeze } from '../../configuration/deep-freeze.js';
import { OAuthClient } from '../../issuers/oauth-client.js';
import { type ExchangeOptions } from '../../options/exchange.options.js';
import { IdentityProvider } from '../../options/identity-provider.js';
import { type IssuerOptions } from '../../options/issuer.options.js';
import { type ActEvidence, type TargetOptions, type TenantTargetOptions } from '../../options/target.options.js';
import { keepClient } from './target-client.js';
import { keepCredential } from './target-credential.js';
import { ownCredential } from './own-credential.js';

/**
 * A downstream service, configured by the operator, as it is for the actor's tenant. Nothing in it is secret. Of a target with a credential of
 * its own, which gets no token, what belongs to tokens is empty.
 */
export interface Target extends TargetGrant {
  readonly baseUrl: URL;
  readonly issuer: string;
  readonly resource: string;
  /** `aud` of its tokens. */
  readonly audience: string;
  /** This server at the issuer. */
  readonly clientId: string;
  /** How its tokens are requested from the issuer. */
  readonly exchange: Readonly<ExchangeOptions>;
  /** The claims of its tokens. */
  readonly claims: ClaimPaths;
  /** What shows that one of its tokens is a user's. */
  readonly user: ClaimMatch;
  readonly actEvidence: ActEvidence;
  /** The headers of a credential of its own, in lower case. */
  readonly ownHeaders?: readonly string[];
  readonly external: boolean;
  /** Milliseconds until it has begun to answer. */
  readonly timeout: number;
}

const TIMEOUT_MS = 30_000;

/**
 * @param tenant what is different for the users of one tenant
 * @param where the option, for the message
 * @throws EieConfigurationError when no issuer is configured that gives this target its tokens, or when it is its own onward service
 */
export function targetOf(
  name: string,
  options: TargetOptions,
  tenant: TenantTargetOptions,
  issuers: readonly IssuerOptions[],
  where: string,
): Target {
  const own = ownCredential(options, tenant, where);
  const { mode, baseUrl, issuer = '', resource = '', scopes = [], ...rest } = { ...options, ...tenant };
  const configured = own ? undefined : issuers.find(one => one.issuer === issuer);
  if (!own && !configured) throw new EieConfigurationError(`${where}.issuer must be one of issuers[].issuer.`);
  const ownClient = tenant.client ?? (issuer === options.issuer ? options.client : undefined);
  const client = ownClient ?? configured?.client;
  if (!own && !client)
    throw new EieConfigurationError(`${where} needs a token of ${issuer}: configure issuers[].client for that issuer.`);
  if (rest.onward && Object.hasOwn(rest.onward, name))
    throw new EieConfigurationError(
      `${where}.onward must not name ${name} itself: what is called there directly uses "scopes".`,
    );
  const href = new URL(baseUrl).href;
  const target: Target = Object.freeze({
    name,
    mode,
    // A new one each time, because a URL is mutable.
    get baseUrl() {
      return new URL(href);
    },
    issuer,
    resource,
    audience: rest.audience ?? resource,
    clientId: client?.clientId ?? '',
    exchange: IdentityProvider.exchangeOf(configured?.provider),
    ...deepFreeze({
      claims: { ...DEFAULT_CLAIM_PATHS, ...configured?.claims },
      user: configured?.actorType.user ?? { claim: 'sub' },
      scopes: Array.isArray(scopes) ? scopes : Object.keys(scopes),
      ...(!Array.isArray(scopes) && { scopeMap: scopes }),
      onward: rest.onward ?? {},
    }),
    actEvidence: rest.actEvidence ?? 'required',
    ...(own && { ownHeaders: Object.freeze(own.headers) }),
    external: isExternal(rest),
    singleUse: rest.singleUse ?? false,
    timeout: rest.timeout ?? TIMEOUT_MS,
  });
  if (own) keepCredential(target, own.credential);
  if (client)
    keepClient(target, new OAuthClient(client, ownClient ? `${where}.client` : `issuers[].client of ${issuer}`));
  return target;
}

/** Whether a target gets no `Txn-Token`. */
export const isExternal = ({ external, credential }: Pick<TargetOptions, 'external' | 'credential'>): boolean =>
  external ?? credential !== undefined;
