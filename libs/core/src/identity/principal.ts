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
  assertNamed(actor, agent);
  return compositeKey(actor.issuer, actor.sub, actor.tenant, agent.client_id, ...agentsOf(agent));
}

function assertNamed({ issuer, sub }: EnvelopeParts['actor'], { client_id }: EnvelopeParts['agent']): void {
  assertPart('issuer', issuer);
  assertPart('sub', sub);
  assertPart('client_id', client_id);
}

function assertPart(part: string, value: string): void {
  if (!value) throw new TypeError(`A principal has no key without "${part}".`);
}

/**
 * Whose share of a bounded total something is: the tenant of the actor, the actor, and the client with its chain of agents.
 *
 * @throws TypeError likewise
 */
export function shareHolder(identity: Pick<EnvelopeParts, 'actor' | 'agent'>): ShareHolder {
  const derived = derivedOf(identity);
  if (!derived) return holderOf(identity);
  return (derived.holder ??= Object.freeze(holderOf(identity)));
}

/** It stays with each remembered token: where a part is a text of the identity already, it takes no room of its own. */
function holderOf({ actor, agent }: Pick<EnvelopeParts, 'actor' | 'agent'>): ShareHolder {
  assertNamed(actor, agent);
  return [partOf(actor.issuer, actor.tenant), actor.sub, partOf(agent.client_id, ...agentsOf(agent))];
}

const agentsOf = ({ chain }: EnvelopeParts['agent']): string[] => chain.flatMap(({ issuer, sub }) => [issuer, sub]);

/** One text is itself, unless it could be taken for several. */
function partOf(first: string, ...others: readonly (string | undefined)[]): string {
  const isAlone = others.every(other => other === undefined) && !first.startsWith('[');
  return isAlone ? first : compositeKey(first, ...others);
}
