import { randomUUID } from 'node:crypto';
import { EieError } from '../errors.js';
import { type AdmittedIdentity } from '../identity/admitted-identity.js';
import { type DelegationMode, type EnvelopeParts } from '../identity/execution-identity-envelope.js';
import {
  type AuditedAgent,
  type AuditedCall,
  type AuditEvent,
  type AuditEventType,
  type AuditOutcome,
  type AuditReason,
  type EffectiveDelegation,
} from './audit-event.js';

/** Who acts, as far as it is known at the moment of the record. */
export type AuditSubject = EnvelopeParts | AdmittedIdentity | null;

export interface AuditDetail {
  type: AuditEventType;
  outcome: AuditOutcome;
  subject: AuditSubject;
  mode?: DelegationMode | undefined;
  requested?: 'delegation' | 'impersonation';
  effective?: EffectiveDelegation;
  calls?: { readonly listed: readonly AuditedCall[]; readonly unlisted: number };
  handler?: string | undefined;
  target?: string;
  argsDigest?: string | null;
  /** A refusal as the error that it is, so that the operator is told what decided. The record has its code. */
  reason?: AuditReason | EieError | undefined;
  traceId?: string;
  /** Of an outcome: the `id` of its intent; of the refusal of a decision: that of its record. */
  intentId?: string;
  durationMs?: number;
  approvalId?: string | undefined;
  /** Of a job: the id of the envelope of the execution that has sealed it. */
  startedBy?: string | undefined;
  /** Of the start of a process. */
  postureSha256?: string;
}

/** A reason as the record has it. */
export const reasonCode = (reason: AuditReason | EieError): AuditReason =>
  reason instanceof EieError ? reason.code : reason;

/** @param time RFC 3339, UTC, milliseconds. Builds the record; members appear in the order of {@link AuditEvent}. */
export function auditEvent(service: string, detail: AuditDetail, time: string): AuditEvent {
  const { subject, reason } = detail;
  const envelope = subject && 'meta' in subject ? subject : null;
  return {
    v: 1,
    id: randomUUID(),
    time,
    type: detail.type,
    service,
    actor_issuer: subject?.actor.issuer ?? null,
    actor_sub: subject?.actor.sub ?? null,
    actor_type: subject?.actor.type ?? null,
    tenant: subject?.actor.tenant ?? null,
    agent_issuer: subject?.agent.issuer ?? null,
    agent_id: subject?.agent.id ?? null,
    agent_chain: subject ? chainOf(subject.agent) : null,
    client_id: subject?.agent.client_id ?? null,
    session_id: sessionOf(subject) ?? null,
    delegation_mode: detail.mode ?? null,
    delegation_requested: detail.requested ?? null,
    delegation_effective: detail.effective ?? null,
    delegations: detail.calls?.listed.map(({ target, mode }) => ({ target, mode })) ?? null,
    delegations_unlisted: detail.calls?.unlisted ?? null,
    handler: detail.handler ?? null,
    target: detail.target ?? null,
    args_digest: detail.argsDigest ?? null,
    outcome: detail.outcome,
    reason: reason === undefined ? null : reasonCode(reason),
    detail_code: (reason instanceof EieError && reason.detailCode) || null,
    trace_id: envelope?.session.trace_id ?? detail.traceId ?? null,
    envelope_id: envelope?.meta.id ?? null,
    intent_id: detail.intentId ?? null,
    duration_ms: detail.durationMs === undefined ? null : Math.round(detail.durationMs * 1000) / 1000,
    approval_id:
      detail.approvalId ??
      (reason instanceof EieError ? reason.approvalId : undefined) ??
      envelope?.approval?.id ??
      null,
    started_by: detail.startedBy ?? null,
    posture_sha256: detail.postureSha256 ?? null,
  };
}

const chainOf = ({ chain }: EnvelopeParts['agent']): AuditedAgent[] | null =>
  chain.length > 1 ? chain.map(({ issuer, sub }) => ({ issuer, id: sub })) : null;

function sessionOf(subject: AuditSubject): string | undefined {
  if (!subject) return undefined;
  return 'meta' in subject ? subject.session.id : subject.sessionId;
}
