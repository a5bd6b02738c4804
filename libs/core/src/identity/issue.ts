import { randomUUID } from 'node:crypto';
import { type AdmittedIdentity, assertAdmitted } from './admitted-identity.js';
import { envelopeOfFrozen, type ExecutionIdentityEnvelope, type Session } from './execution-identity-envelope.js';
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
  return envelopeOfFrozen({
    actor: admitted.actor,
    agent: admitted.agent,
    session: sessionOf(admitted.sessionId, execution.traceId),
    authorization: admitted.authorization,
    delegation: delegationTo(execution.targets),
    meta: Object.freeze({
      version: 1,
      id: randomUUID(),
      issuer: execution.issuer,
      created_at: execution.now,
      expires_at: Math.min(admitted.expiresAt, execution.now + execution.lifetime),
    }),
  });
}

const sessionOf = (id: string | undefined, trace_id: string): Session =>
  Object.freeze(id === undefined ? { trace_id } : { id, trace_id });
