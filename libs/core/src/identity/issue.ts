import { randomUUID } from 'node:crypto';
import { type AdmittedIdentity, assertAdmitted, rightsOf } from './admitted-identity.js';
import { type Approval, freezeApproval } from './approval.js';
import {
  envelopeOfFrozen,
  type EnvelopeParts,
  type ExecutionIdentityEnvelope,
  type Session,
} from './execution-identity-envelope.js';
import { delegationTo, type TargetGrant } from './narrow.js';

/** What the envelope of an execution is made of, beside its identity. */
export interface IssuedFor {
  readonly issuer: string;
  readonly traceId: string;
  /** Those that the handler declares and the configuration knows. */
  readonly targets: readonly TargetGrant[];
  /** The one that the call has used up. */
  readonly approval?: Approval | undefined;
  /** Seconds. */
  readonly lifetime: number;
  /** Seconds since the epoch. */
  readonly now: number;
}

/**
 * One envelope for one execution.
 *
 * @throws EieError `identity_forged` for an identity that was not admitted by this process
 */
export function issue(admitted: AdmittedIdentity, execution: IssuedFor): ExecutionIdentityEnvelope {
  assertAdmitted(admitted);
  return envelopeOfFrozen(issuedParts(admitted, execution), { rights: rightsOf(admitted), since: admitted.issuedAt });
}

/** What such an envelope says, as plain data. It is NOT an identity. */
export function issuedParts(admitted: AdmittedIdentity, execution: IssuedFor): EnvelopeParts {
  return {
    actor: admitted.actor,
    agent: admitted.agent,
    session: sessionOf(admitted.sessionId, execution.traceId),
    authorization: admitted.authorization,
    delegation: delegationTo(execution.targets),
    ...(execution.approval && { approval: freezeApproval(execution.approval) }),
    meta: Object.freeze({
      version: 1,
      id: randomUUID(),
      issuer: execution.issuer,
      created_at: execution.now,
      expires_at: Math.min(admitted.expiresAt, execution.now + execution.lifetime),
    }),
  };
}

const sessionOf = (id: string | undefined, trace_id: string): Session =>
  Object.freeze(id === undefined ? { trace_id } : { id, trace_id });
