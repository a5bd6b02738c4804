import { EieConfigurationError } from 'execution-identity';
import { type EieReceiverOptions } from './receiver.options.js';

/**
 * Refuses what works at a server with `EieModule` and not at a receiver, and presenters that can never come.
 *
 * @throws EieConfigurationError naming the option and the fix
 */
export function assertReceivable({ issuers, trust }: EieReceiverOptions): void {
  for (const { issuer, tokenHeader, dpop, opaqueTokens, agents = {}, tenants } of issuers) {
    if (Object.values(agents).some(agent => typeof agent !== 'string') || (tenants && !Array.isArray(tenants)))
      throw new EieConfigurationError(
        `issuers[].agents and issuers[].tenants of ${issuer} must be without scopes, tools and targets at a receiver: what comes has the rights that its server has left it.`,
      );
    if (tokenHeader)
      throw new EieConfigurationError(
        `issuers[].tokenHeader of ${issuer} must be left out at a receiver: the servers that call it send "Authorization".`,
      );
    if (dpop === 'required')
      throw new EieConfigurationError(
        `issuers[].dpop of ${issuer} must be left out: a receiver takes bearer tokens alone, whose sender the Txn-Token and its presenters show.`,
      );
    if (opaqueTokens)
      throw new EieConfigurationError(
        `issuers[].opaqueTokens of ${issuer} must be left out: a receiver asks no issuer about a token. Have the issuer give JWTs for this service.`,
      );
  }
  const known = issuers.map(({ issuer }) => issuer);
  for (const { issuer: server, presenters } of trust.issuers)
    for (const { issuer, clientId } of presenters)
      if (!known.includes(issuer))
        throw new EieConfigurationError(
          `trust.issuers[].presenters of ${server} name ${issuer} as the issuer of ${clientId}, which is not among issuers[], so no call of that client can come: it must be one of ${known.join(', ')}, with the slash at the end if it has one, or be added there.`,
        );
}
