import { randomUUID } from 'node:crypto';
import { type AdmittedIdentity } from './admitted-identity.js';
import { createEnvelope, type ExecutionIdentityEnvelope } from './execution-identity-envelope.js';
import { type TargetGrant } from './narrow.js';

/** One envelope for one execution. `targets` are those the handler declares and the configuration knows. */
export function issue(
  admitted: AdmittedIdentity,
  execution: { issuer: string; traceId: string; targets: readonly TargetGrant[]; lifetime: number; now: number },
): ExecutionIdentityEnvelope {
  const modes = new Set(execution.targets.map(target => target.mode));
  const [mode] = modes;
  return createEnvelope({
    actor: admitted.actor,
    agent: admitted.agent,
    session: { ...(admitted.sessionId !== undefined && { id: admitted.sessionId }), trace_id: execution.traceId },
    authorization: admitted.authorization,
    delegation: {
      mode: modes.size === 1 && mode ? mode : 'service_identity',
      allowed: execution.targets.map(target => target.name),
    },
    meta: {
      version: 1,
      id: randomUUID(),
      issuer: execution.issuer,
      created_at: execution.now,
      expires_at: Math.min(admitted.expiresAt, execution.now + execution.lifetime),
    },
  });
}
