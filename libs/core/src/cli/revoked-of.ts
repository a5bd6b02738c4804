import { type AuditEvent } from '../audit/audit-event.js';

/** Whose identity a revocation has ended: all that is named must match. As in the record, not as it may be shown. */
export function revokedOf({ actor_issuer, actor_sub, tenant, session_id, client_id, agent_id }: AuditEvent): string {
  const named = [
    actor_sub !== null && `the user ${actor_sub}`,
    tenant !== null && `the tenant ${tenant}`,
    session_id !== null && `the session ${session_id}`,
    client_id !== null && `the client ${client_id}`,
    agent_id !== null && `the agent ${agent_id}`,
  ].filter(one => one !== false);
  return `${named.join(', ') || 'everybody'} of ${actor_issuer ?? '?'}`;
}
