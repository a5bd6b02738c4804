import { EieError } from '../errors.js';
import { type DecidedIdentity } from './policy-question.js';
import { type AgentName, type Requirement } from './requirement.js';

/** @returns `agent_not_allowed` where the agent is none of those that a requirement names */
export function unmetAgent(identity: DecidedIdentity, requirements: readonly Requirement[]): EieError | undefined {
  for (const one of requirements)
    if (one.kind === 'any_agent' && !one.agents.some(agent => isNamed(identity, agent)))
      return new EieError('agent_not_allowed');
  return undefined;
}

/** What is in no registry may have chosen its id at its issuer, perhaps itself: no id alone names it. */
function isNamed(identity: DecidedIdentity, named: string | AgentName): boolean {
  const { agent } = identity;
  if (typeof named !== 'string') return named.issuer === agent.issuer && named.id === agent.id;
  return agent.registered === true && named === agent.id;
}
