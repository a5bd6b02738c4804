import { compositeKey } from '../composite-key.js';
import { type ShareHolder } from '../ports/shares.js';
import { derivedOf } from './admitted-identity.js';
import { type EnvelopeParts } from './execution-identity-envelope.js';

/**
 * Who a session, a state, a handle or a token belongs to: the user, through that client and that chain of agents. Never the
 * client alone, which many users share; never the user alone, whose other agents may see less.
 *
 * @throws TypeError naming the part that is absent or empty: without it two principals would have one key
 */
export function principalKey({ actor, agent }: Pick<EnvelopeParts, 'actor' | 'agent'>): string {
  assertPart('issuer', actor.issuer);
  assertPart('sub', actor.sub);
  assertPart('client_id', agent.client_id);
  const agents = agent.chain.flatMap(({ issuer, sub }) => [issuer, sub]);
  return compositeKey(actor.issuer, actor.sub, actor.tenant, agent.client_id, ...agents);
}

function assertPart(part: string, value: string): void {
  if (!value) throw new TypeError(`A principal has no key without "${part}".`);
}

/** Whose share of a bounded total something is: the tenant of the actor, the actor, and the principal. */
export function shareHolder(identity: Pick<EnvelopeParts, 'actor' | 'agent'>): ShareHolder {
  const derived = derivedOf(identity);
  if (!derived) return holderOf(identity);
  return (derived.holder ??= Object.freeze(holderOf(identity)));
}

function holderOf(identity: Pick<EnvelopeParts, 'actor' | 'agent'>): ShareHolder {
  const { issuer, tenant, sub } = identity.actor;
  return [compositeKey(issuer, tenant), sub, principalKey(identity)];
}
