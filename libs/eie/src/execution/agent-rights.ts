import { type AdmittedIdentity, EieError } from 'execution-identity';
import { closedTo, notAllowedTo, printable } from 'execution-identity/internal';
import { type ServerProfile } from '../configuration/server-profile.js';
import { type Target } from '../delegation/targets/target.js';

/** Why an identity may call nothing here, whichever handler it asks for: its agent is not registered, or is not one of its tenant. */
export function refusalOfAgent(
  admitted: AdmittedIdentity,
  { unregisteredAgents }: Pick<ServerProfile, 'unregisteredAgents'>,
): EieError | undefined {
  const isUnknown = !admitted.agent.registered && unregisteredAgents === 'refuse';
  return isUnknown ? unregistered(admitted) : closedTo(admitted);
}

/** Those targets of a handler that agent and tenant allow. */
export const allowedTargets = (admitted: AdmittedIdentity, targets: readonly Target[]): readonly Target[] =>
  targets.length ? targets.filter(({ name }) => !notAllowedTo(admitted, 'targets', name)) : targets;

/** The token is verified: its client may be told to the operator, who has to register it. */
const unregistered = ({ agent: { client_id, issuer } }: AdmittedIdentity): EieError =>
  new EieError('agent_unregistered', {
    finding: {
      issuer,
      fix: `Add the client to issuers[].agents: { ${printable(JSON.stringify(client_id))}: "its agent id" }; or change authorization.unregisteredAgents.`,
    },
  });
