import { type DelegationMode } from '../identity/execution-identity-envelope.js';
import { type EieErrorCode } from '../reasons.js';

/**
 * What happened. There is one record for each decision. An `intent` records an allowed call; its `outcome` follows. `mcp.request`: a
 * message is about to be served that calls no tool, resource or prompt, such as a list or a subscription. `mcp.refused`: a message that
 * the protocol refuses, or that calls what does not exist. `approval.requested`: a call waits for the word of a person. `approval.decided`: that
 * person, who is the actor of the record, has allowed it (`ok`) or not (`refused`). The intent of a call names the approval that it has used up.
 * `service.started`: the first record of a process, which says what its boot checks have found.
 */
export type AuditEventType =
  | 'admission.refused'
  | 'authorization.refused'
  | 'input.refused'
  | 'mcp.request'
  | 'mcp.refused'
  | 'execution.intent'
  | 'execution.outcome'
  | 'delegation.intent'
  | 'delegation.outcome'
  | 'delegation.refused'
  | 'identity.revoked'
  | 'approval.requested'
  | 'approval.decided'
  | 'service.started';

/**
 * Why a call was refused or failed. `http_404`: a target answered with this status, or a handler threw it. `jsonrpc_-32020`: the message
 * was answered with this error of JSON-RPC. `aborted`: the caller cancelled the request. `process_ended`: the process ended before the
 * outcome was recorded. `error`: any other exception of application code.
 */
export type AuditReason = EieErrorCode | 'aborted' | 'error' | 'process_ended' | `http_${number}` | `jsonrpc_${number}`;

/**
 * Who acts, according to the token that is sent downstream. `delegation`: this server acts for the user (RFC 8693 §1.1).
 * `impersonation`: the token names the user alone. `unknown`: the token is opaque.
 */
export type EffectiveDelegation = 'delegation' | 'impersonation' | 'unknown';

/** `unknown`: the process ended in between, so the act may have happened, in part or in full. */
export type AuditOutcome = 'started' | 'ok' | 'failed' | 'refused' | 'unknown';

/** One agent of a chain: by both members together, as `agent_issuer` and `agent_id` name one. */
export interface AuditedAgent {
  readonly issuer: string;
  readonly id: string;
}

/** One call of a target, as an `execution.outcome` lists it. */
export interface AuditedCall {
  readonly target: string;
  readonly mode: DelegationMode;
}

/**
 * One line of the audit log. Every member is always there; what does not apply, or is not known, is `null`. Identity fields are `null`
 * before the credential is verified: what an unverified token claims is never written as identity. No field ever holds a token, a claim
 * set, an input or an output.
 */
export interface AuditEvent {
  /** The version of this schema. */
  readonly v: 1;
  /** A UUID: of two events with the same id one is a copy. */
  readonly id: string;
  /** RFC 3339, UTC, milliseconds. */
  readonly time: string;
  readonly type: AuditEventType;
  /** Who wrote the record: the `resource` of an `EieModule` application, the `service` of a receiver. */
  readonly service: string;
  readonly actor_issuer: string | null;
  /** `pseudonym:…` in a log with pseudonyms, of a user. */
  readonly actor_sub: string | null;
  readonly actor_type: 'user' | 'service' | null;
  readonly tenant: string | null;
  /** An agent is named by its issuer and its id together: two issuers can have agents of one id. */
  readonly agent_issuer: string | null;
  readonly agent_id: string | null;
  /**
   * Where this agent acts for other agents: all of them, this one first, then whom it acts for, at most 4 (RFC 8693 §4.1). Only the first is who
   * called. `null` where it acts for the actor alone.
   */
  readonly agent_chain: readonly AuditedAgent[] | null;
  readonly client_id: string | null;
  /** The `sid` of the credential; `pseudonym:…` likewise. */
  readonly session_id: string | null;
  /**
   * On `delegation.*` the mode of that call; `null` when the target is not configured. On `execution.*` the mode that all declared
   * targets of the handler share; `null` where it declares none, or where they differ. On all others `null`.
   */
  readonly delegation_mode: DelegationMode | null;
  /** On `delegation.*`: what the mode requested; `null` where the call is not made for a user. */
  readonly delegation_requested: 'delegation' | 'impersonation' | null;
  /** On `delegation.outcome`: what the authorization server issued. Some issue impersonation where delegation was requested. */
  readonly delegation_effective: EffectiveDelegation | null;
  /** On `execution.outcome`: the calls of targets that were sent, in their order, the first 100 of them. */
  readonly delegations: readonly AuditedCall[] | null;
  /** On `execution.outcome`: how many calls were sent beyond those in `delegations`. */
  readonly delegations_unlisted: number | null;
  /**
   * The MCP tool, `resource:…`, `prompt:…`, `job:…`, `mcp:…` for a method of the protocol, or `Class.method` of an HTTP handler. Where a signal from outside
   * was refused, or has revoked: `signal:backchannel_logout`, `signal:security_event`.
   */
  readonly handler: string | null;
  readonly target: string | null;
  /** On `execution.*` of an MCP tool, resource or prompt: {@link argumentsDigest} of what the model has sent. The arguments themselves are nowhere. */
  readonly args_digest: string | null;
  readonly outcome: AuditOutcome;
  readonly reason: AuditReason | null;
  /**
   * Where an authorization server refused: its own code for the cause, such as `AADSTS65001`, if this library knows that code of that
   * provider. `other` for any other code. No text of a provider is ever written.
   */
  readonly detail_code: string | null;
  /** The W3C trace id of the request. Whoever calls may choose it: it correlates and proves nothing. */
  readonly trace_id: string | null;
  /** Joins the decision, the delegated calls and what other services record of them: it is the `txn` of the envelope. */
  readonly envelope_id: string | null;
  /** On an outcome: the `id` of the intent that it ends. On the refusal of a decision that did not count: the `id` of its `approval.decided`. */
  readonly intent_id: string | null;
  readonly duration_ms: number | null;
  /** On `approval.*`, on what an approved call does, at its server and at services that get the approval, and on the refusal of one that was not. */
  readonly approval_id: string | null;
  /** On the records of a job, once it has been opened: the `envelope_id` of the execution that has sealed it. */
  readonly started_by: string | null;
  /** On `service.started`: the SHA-256 of the posture manifest of this process, in hexadecimal. */
  readonly posture_sha256: string | null;
}
