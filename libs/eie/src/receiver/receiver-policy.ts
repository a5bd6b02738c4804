import { type ReceiverPolicy } from 'execution-identity';
import { type ReplayCheck } from 'execution-identity/internal';
import { documentsOf } from '../issuers/issuer-documents.js';
import { noteKeys } from '../issuers/issuer-keys.js';
import { issuerPolicies } from '../issuers/issuer-policies.js';
import { configuredKeys } from '../issuers/configured-keys.js';
import { isDevelopment } from '../options/environment.js';
import { unaccompanied } from '../telemetry/without.js';
import { assertReceivable } from './receivable.js';
import { type EieReceiverOptions } from './receiver.options.js';

/** Seconds. */
const DEVELOPMENT_REST = 1;

/**
 * The options as the policy that `execution-identity` takes.
 *
 * @throws EieConfigurationError as {@link assertReceivable} says
 */
export function receiverPolicy(
  options: EieReceiverOptions,
  { replays, diagnostics }: Required<ReplayCheck>,
): ReceiverPolicy {
  const { service, resource, issuers, trust, ports = {} } = options;
  assertReceivable(options);
  const { fetch: fetcher = fetch, clock = Date.now } = ports;
  const io = {
    fetch: unaccompanied(fetcher),
    clock,
    // With "ephemeral" keys a server has new ones each time that it is built and started again.
    ...(isDevelopment() && { restAfterUnknownKeys: DEVELOPMENT_REST }),
  };
  const sealers = trust.issuers.map(one => [one.issuer, configuredKeys(one, 'trust.issuers[].jwks', io)] as const);
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
