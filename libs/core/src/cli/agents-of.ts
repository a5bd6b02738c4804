import { type AuditEvent } from '../audit/audit-event.js';

/** Who called for the actor, and the agents that this one acts for, in the order of `agent_chain`. A log may have records from before that member. */
export const agentsOf = ({ agent_id, agent_chain }: AuditEvent): string[] =>
  agent_chain?.map(({ id }) => id) ?? (agent_id === null ? [] : [agent_id]);
