import { EieError, type EnvelopeParts, type ExecutionIdentityEnvelope } from 'execution-identity';
import {
  assertEnvelope,
  assertLive,
  type AuditRecorder,
  delegableScopes,
  notAllowedTo,
  revocableIdentity,
  targetScopes,
} from 'execution-identity/internal';
import { assertNotEnded } from '../../record/ended-call.js';
import { type ExecutionRecord, recordOf } from '../../record/execution-record.js';
import { type IdentityRevocation } from '../../revocation/identity-revocation.service.js';
import { type ScopeWords } from '../../configuration/scope-words.js';
import { MODES } from '../modes/modes.js';
import { type Target } from '../targets/target.js';
import { type TargetIssuers } from '../targets/target-issuers.js';
import { type TargetRegistry } from '../targets/target-registry.js';
import { targetRequest } from './delegated-fetch.js';

/** The parts of an allowed call. */
export interface Grant {
  readonly record: ExecutionRecord;
  readonly envelope: ExecutionIdentityEnvelope;
  readonly target: Target;
  readonly scopes: readonly string[];
  /** The request of the caller, made anew each time it is asked for. */
  readonly requests: () => Request;
}

/** A requested call. Nothing in it is checked yet. */
export interface AskedCall {
  readonly identity: unknown;
  readonly target: string;
  readonly input: string | URL | Request;
  readonly init: RequestInit | undefined;
  /** `Accept`, unless the caller set one. */
  readonly accept?: string;
}

export interface GrantParts {
  /** The server whose envelopes are accepted. */
  readonly server: object;
  readonly targets: TargetRegistry;
  readonly targetIssuers: TargetIssuers;
  readonly audit: AuditRecorder;
  readonly revocation: IdentityRevocation;
  readonly scopeWords: ScopeWords;
  /** Seconds since the epoch. */
  readonly now: () => number;
}

/**
 * Decides whether an identity may call a target, and whose tokens that needs, before anything is asked of the authorization server, and records
 * a refusal.
 *
 * @throws EieError as `DelegationService.for` says
 */
export async function grantCall(parts: GrantParts, asked: AskedCall): Promise<Grant> {
  let record: ExecutionRecord | undefined;
  const mode = parts.targets.get(asked.target)?.mode;
  try {
    const envelope = assertEnvelope(asked.identity);
    const found = recordOf(envelope);
    // Not issued or accepted by the guard of this server.
    if (!found?.isOf(parts.server)) throw new EieError('identity_forged');
    record = found;
    await assertRunning(parts.revocation, record, envelope, parts.now());
    const grant = allowed(parts, envelope, record, asked);
    const target = await parts.targetIssuers.complete(grant.target, envelope);
    // Finding the issuer and the client may have taken seconds.
    if (target !== grant.target) await assertRunning(parts.revocation, record, envelope, parts.now());
    return { record, envelope, ...grant, target };
  } catch (error) {
    await parts.audit.record({
      type: 'delegation.refused',
      outcome: 'refused',
      subject: record?.envelope ?? null,
      target: recordedName(asked.target),
      mode,
      handler: record?.execution.handlerName,
      reason: error instanceof EieError ? error : 'error',
    });
    throw error;
  }
}

/** Code that takes the name from its input passes on whatever that is, and a record has a size. */
const MAX_NAME = 256;
const recordedName = (name: unknown): string => (typeof name === 'string' ? name.slice(0, MAX_NAME) : typeof name);

function allowed(
  parts: GrantParts,
  envelope: ExecutionIdentityEnvelope,
  record: ExecutionRecord,
  { target: name, input, init, accept }: AskedCall,
): Pick<Grant, 'target' | 'scopes' | 'requests'> {
  const delegable = delegableScopes(envelope, name);
  if (!delegable) throw undeclared(record, name);
  const { target, scopes } = grantedTarget(parts, envelope, name, delegable);
  // The token of the user was stopped at the server that has sealed the job.
  if (record.execution.startedBy !== undefined && MODES[target.mode].requested) throw new EieError('delegation_in_job');
  let unused: Request | undefined = targetRequest(target, input, init, accept);
  const requests = (): Request => {
    const request = unused ?? targetRequest(target, input, init, accept);
    unused = undefined;
    return request;
  };
  return { target, scopes, requests };
}

/**
 * The target as it is for this actor, and the scopes that a call asks for there. It asks nobody.
 *
 * @param delegable the scopes that a call of it may ask for
 * @throws EieError `target_undeclared`, `target_tenant_unknown`, `delegation_requires_user`, `delegation_scope_empty`
 */
export function grantedTarget(
  { targets, scopeWords }: Pick<GrantParts, 'targets' | 'scopeWords'>,
  envelope: EnvelopeParts,
  name: string,
  delegable: readonly string[],
): Pick<Grant, 'target' | 'scopes'> {
  const target = targets.forTenant(name, envelope.actor.tenant);
  if (MODES[target.mode].requested && envelope.actor.type !== 'user') throw new EieError('delegation_requires_user');
  const scopes = targetScopes(delegable, target);
  // A target without scopes has a credential of its own, and no names for what is done there.
  if (!scopes.length && target.scopes.length)
    throw new EieError('delegation_scope_empty', { scopes: scopeWords.at(envelope.actor.issuer, target.scopes) });
  return { target, scopes };
}

/** A target that the handler declares is missing where the agent or the tenant does not allow it, or the received Txn-Token does not name it. */
function undeclared({ execution, request }: ExecutionRecord, name: string): EieError {
  if (!execution.entry.targets.includes(name)) return new EieError('target_undeclared');
  const isReceived = request === undefined && execution.startedBy === undefined;
  const refusal = request && notAllowedTo(request.admitted, 'targets', name);
  return refusal ?? new EieError(isReceived ? 'target_not_received' : 'target_undeclared');
}

/**
 * Checks that the execution may still act in its identity.
 *
 * @param now seconds since the epoch
 * @throws EieError `identity_expired`, also when the execution has ended; `identity_revoked`, `revocation_unavailable`
 */
export async function assertRunning(
  revocation: IdentityRevocation,
  record: ExecutionRecord,
  envelope: ExecutionIdentityEnvelope,
  now: number,
): Promise<void> {
  // Of a call that has ended it does not matter when its identity expires.
  if (!record.hasEnded) assertLive(envelope, now);
  await revocation.assertNotRevoked(revocableIdentity(envelope));
  assertNotEnded(record);
}
