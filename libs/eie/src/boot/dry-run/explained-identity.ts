import { type AdmittedIdentity } from 'execution-identity';
import { droppedOf } from 'execution-identity/internal';
import { type ExplainedIdentity } from './explanation.js';

/** An identity as plain data, each member there. */
export function explainedIdentity(identity: AdmittedIdentity): ExplainedIdentity {
  const { actor, agent, authorization, sessionId } = identity;
  const { type, issuer, sub, tenant = null } = actor;
  return {
    actor: { type, issuer, sub, tenant },
    agent: {
      id: agent.id,
      issuer: agent.issuer,
      client_id: agent.client_id,
      source: agent.source,
      registered: agent.registered === true,
      chain: agent.chain,
    },
    scopes: authorization.scopes,
    dropped: droppedOf(identity),
    roles: authorization.roles ?? null,
    acr: authorization.acr ?? null,
    amr: authorization.amr ?? null,
    authenticated_at: authorization.authenticated_at ?? null,
    session_id: sessionId ?? null,
  };
}
