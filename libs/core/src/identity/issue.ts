import { randomUUID } from 'node:crypto';
import { type AdmittedIdentity, assertAdmitted } from './admitted-identity.js';
import { createEnvelope, type ExecutionIdentityEnvelope } from './execution-identity-envelope.js';
import { delegationTo, type TargetGrant } from './narrow.js';

/**
 * One envelope for one execution. `targets` are those the handler declares and the configuration knows.
 *
 * @throws EieError `identity_forged` for an identity that was not admitted by this process
 */
export function issue(
  admitted: AdmittedIdentity,
  execution: { issuer: string; traceId: string; targets: readonly TargetGrant[]; lifetime: number; now: number },
): ExecutionIdentityEnvelope {
  assertAdmitted(admitted);
  return createEnvelope({
    actor: admitted.actor,
    agent: admitted.agent,
    session: { ...(admitted.sessionId !== undefined && { id: admitted.sessionId }), trace_id: execution.traceId },
    authorization: admitted.authorization,
    delegation: delegationTo(execution.targets),
    meta: {
      version: 1,
      id: randomUUID(),
      issuer: execution.issuer,
      created_at: execution.now,
      expires_at: Math.min(admitted.expiresAt, execution.now + execution.lifetime),
    },
  });
}
