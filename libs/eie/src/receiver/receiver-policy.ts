import { type ReceiverPolicy, remoteKeys, ReplayStore, staticKeys } from 'execution-identity';
import { issuerPolicies } from '../issuers/issuer-policies.js';
import { type EieReceiverOptions } from './receiver.options.js';

/** Txn-Tokens live for a minute: this many a minute at most, and none beyond. */
const USED_TOKENS = 50_000;

/** What this service believes, in the words of `execution-identity`. */
export function receiverPolicy({ service, resource, issuers, trust, ports = {} }: EieReceiverOptions): ReceiverPolicy {
  const { fetch: fetcher = fetch, clock = Date.now } = ports;
  const io = { fetch: fetcher, now: () => clock() / 1000 };
  const sealers = trust.issuers.map(
    ({ issuer, jwks, jwksUri }) => [issuer, jwks ? staticKeys(jwks) : remoteKeys(jwksUri!, io)] as const,
  );
  return {
    service,
    issuers: issuerPolicies(issuers, { resource, ports, acceptsDpop: false }),
    trust: { trustDomain: trust.trustDomain, issuers: new Map(sealers) },
    presenters: trust.issuers.flatMap(({ issuer: workload, presenters }) =>
      presenters.map(presenter => ({ ...presenter, workload })),
    ),
    ...(trust.singleUse && { replays: new ReplayStore(USED_TOKENS) }),
  };
}
