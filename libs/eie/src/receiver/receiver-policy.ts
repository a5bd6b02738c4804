import { EieConfigurationError, type ReceiverPolicy, remoteKeys, staticKeys } from 'execution-identity';
import { type ReplayCheck } from 'execution-identity/internal';
import { documentsOf } from '../issuers/issuer-documents.js';
import { noteKeys } from '../issuers/issuer-keys.js';
import { issuerPolicies } from '../issuers/issuer-policies.js';
import { isDevelopment } from '../options/environment.js';
import { unaccompanied } from '../telemetry/without.js';
import { type EieReceiverOptions } from './receiver.options.js';

/** Seconds. */
const DEVELOPMENT_REST = 1;

/**
 * The options as the policy that `execution-identity` takes.
 *
 * @throws EieConfigurationError for an issuer whose tokens come in a header of their own, or must be bound to a key: no proof comes with a
 * delegated call
 */
export function receiverPolicy(
  options: EieReceiverOptions,
  { replays, diagnostics }: Required<ReplayCheck>,
): ReceiverPolicy {
  const { service, resource, issuers, trust, ports = {} } = options;
  for (const { issuer, tokenHeader, dpop, agents = {}, tenants } of issuers) {
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
  }
  const { fetch: fetcher = fetch, clock = Date.now } = ports;
  const io = {
    fetch: unaccompanied(fetcher),
    clock,
    // With "ephemeral" keys a server has new ones each time that it is built and started again.
    ...(isDevelopment() && { restAfterUnknownKeys: DEVELOPMENT_REST }),
  };
  const sealers = trust.issuers.map(
    ({ issuer, jwks, jwksUri, maxKeyAge }) =>
      [
        issuer,
        jwks ? staticKeys(jwks) : remoteKeys(jwksUri!, { ...io, ...(maxKeyAge !== undefined && { maxKeyAge }) }),
      ] as const,
  );
  const policies = issuerPolicies(issuers, {
    resource,
    ports,
    acceptsDpop: false,
    diagnostics,
    documents: documentsOf(options),
  });
  noteKeys(options, [
    ...[...policies.values()].map(({ issuer, keys }) => ({ issuer, verify: 'tokens' as const, source: keys })),
    ...sealers.map(([issuer, source]) => ({ issuer, verify: 'envelopes' as const, source })),
  ]);
  return {
    service,
    issuers: policies,
    trust: { trustDomain: trust.trustDomain, issuers: new Map(sealers) },
    presenters: trust.issuers.flatMap(({ issuer: workload, presenters }) =>
      presenters.map(presenter => ({ ...presenter, workload })),
    ),
    ...(trust.singleUse && { replays }),
    diagnostics,
  };
}
