import { type AgentRef, type EnvelopeParts, type RequestedApproval } from 'execution-identity';

/**
 * Whether an identity may decide about a call out of band: a user of the same issuer and tenant, the same one or another one as the tool says,
 * through a client and agents that are no part of the call. So an agent cannot approve what it has asked for, whoever it acts for, and whether a
 * token names it as its client or as an agent.
 */
export function mayDecide(
  { actor, agent }: Pick<EnvelopeParts, 'actor' | 'agent'>,
  { by, requester }: Pick<RequestedApproval, 'by' | 'requester'>,
): boolean {
  if (by === 'client' || actor.type !== 'user') return false;
  if (actor.issuer !== requester.issuer || actor.tenant !== requester.tenant) return false;
  if ((actor.sub === requester.sub) !== (by === 'self')) return false;
  const parties = [clientOf(actor.issuer, agent.client_id), ...agentsOf(agent)];
  return ![clientOf(requester.issuer, requester.client_id), ...requester.agents].some(isAmong(parties));
}

/** Every agent of a call, outermost first: the one that stands for its client too. */
export function agentsOf({ issuer, id, chain }: EnvelopeParts['agent']): AgentRef[] {
  const outermost = { issuer, sub: id };
  const named = chain.map(({ issuer, sub }) => ({ issuer, sub }));
  return named.some(isAmong([outermost])) ? named : [outermost, ...named];
}

const clientOf = (issuer: string, sub: string): AgentRef => ({ issuer, sub });

const isAmong =
  (parties: readonly AgentRef[]) =>
  (one: AgentRef): boolean =>
    parties.some(({ issuer, sub }) => issuer === one.issuer && sub === one.sub);
