import { EieConfigurationError } from 'execution-identity';
import { InboundIssuer } from '../../options/inbound-issuer.js';
import { type ClientOptions } from '../../options/client.options.js';
import { type IssuerOptions } from '../../options/issuer.options.js';
import { type TargetOptions, type TenantTargetOptions } from '../../options/target.options.js';

/** What is known at boot of issuers, and of this server as their client. */
export interface KnownIssuers {
  readonly configured: readonly IssuerOptions[];
  /** Whether an issuer source can be asked about this issuer. */
  readonly mayBeFound: (issuer: string) => boolean;
  readonly hasIssuerSource: boolean;
  /** Whether there is a client source. */
  readonly hasClientSource: boolean;
}

/** Where a target gets its tokens. */
export interface TokenOrigin {
  readonly issuer: string | InboundIssuer;
  /** The issuer, where it is configured. */
  readonly options?: IssuerOptions;
  /** The client that belongs to the target, or to its issuer. */
  readonly client?: ClientOptions;
  /** The option that gave the client, for messages. */
  readonly clientFrom: string;
}

/**
 * @param tenant what is different for the users of one tenant
 * @param where the option, for the message
 * @throws EieConfigurationError when no issuer can give this target its tokens, or this server cannot be a client there
 */
export function tokenOrigin(
  options: TargetOptions,
  tenant: TenantTargetOptions,
  { configured, mayBeFound, hasIssuerSource, hasClientSource }: KnownIssuers,
  where: string,
): TokenOrigin {
  const { issuer = '' } = { ...options, ...tenant };
  const own = tenant.client ?? (issuer === options.issuer ? options.client : undefined);
  if (InboundIssuer.isInbound(issuer)) {
    if (own)
      throw new EieConfigurationError(
        `${where}.client must be left out beside inboundIssuer(), since every issuer would be shown its secret: say the client of each issuer, in issuers[].client or by ports.clients.`,
      );
    const suited = configured.filter(one => InboundIssuer.suits(issuer, one));
    if (!hasIssuerSource && !suited.some(({ client }) => client ?? hasClientSource))
      throw new EieConfigurationError(
        `${where}.issuer is inboundIssuer(), and this server is a client of none of issuers${suited.length < configured.length ? ' of that kind' : ''}: configure issuers[].client, or ports.clients.`,
      );
    return { issuer, clientFrom: where };
  }
  const found = configured.find(one => one.issuer === issuer);
  if (!found && !mayBeFound(issuer))
    throw new EieConfigurationError(
      `${where}.issuer must be one of issuers[].issuer. It is ${JSON.stringify(issuer)}, and they are ${configured.map(one => JSON.stringify(one.issuer)).join(', ') || 'found by an IssuerSource alone'}.`,
    );
  const client = own ?? found?.client;
  if (found && !client && !hasClientSource)
    throw new EieConfigurationError(`${where} needs a token of ${issuer}: configure issuers[].client for that issuer.`);
  return {
    issuer,
    ...(found && { options: found }),
    ...(client && { client }),
    clientFrom: own ? `${where}.client` : `issuers[${issuer}].client`,
  };
}
