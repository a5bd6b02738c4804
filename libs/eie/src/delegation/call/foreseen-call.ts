import { EieError, ENVELOPE_HEADERS, type EnvelopeParts } from 'execution-identity';
import { delegableScopes, narrowedRights, type Rights } from 'execution-identity/internal';
import { type ExpectedParties } from '../modes/mode.js';
import { MODES } from '../modes/modes.js';
import { type Target } from '../targets/target.js';
import { ADVISORY_HEADERS } from './advisory-headers.js';
import { grantedTarget, type GrantParts } from './grant.js';

/** A call of a target as it would be. No token is in it, and nothing has been asked of the target or its authorization server. */
export interface ForeseenCall {
  readonly target: Target;
  /** What would be asked for, in the words of the target. */
  readonly scopes: readonly string[];
  /** Whom its access token would name. Absent where the target has a credential of its own. */
  readonly parties?: ExpectedParties;
  /** The rights that its Txn-Token would have. Absent where the target is outside the trust domain. */
  readonly sealed?: Pick<EnvelopeParts, 'authorization' | 'delegation'>;
  /** The names of the headers that would be added, in lower case. */
  readonly headers: readonly string[];
}

/**
 * What a call of a target would be. Where the issuer or the client of the target is not configured, their sources are asked, as for a call.
 *
 * @param envelope plain data: no identity is needed, and none is made
 * @param rights what limits the identity
 * @throws EieError `target_undeclared`, `target_tenant_unknown`, `delegation_requires_user`, `delegation_scope_empty`, `target_issuer_refused`,
 * `delegation_misconfigured`, `delegation_unavailable`
 */
export async function foreseenCall(
  parts: Pick<GrantParts, 'targets' | 'targetIssuers' | 'scopeWords'>,
  envelope: EnvelopeParts,
  name: string,
  rights: Rights | undefined,
): Promise<ForeseenCall> {
  const delegable = delegableScopes(envelope, name);
  if (!delegable) throw new EieError('target_undeclared');
  const grant = grantedTarget(parts, envelope, name, delegable);
  const target = await parts.targetIssuers.complete(grant.target, envelope);
  const { ownHeaders, external } = target;
  return {
    target,
    scopes: grant.scopes,
    ...(!ownHeaders && { parties: MODES[target.mode].parties({ envelope, target }) }),
    ...(!external && { sealed: narrowedRights(envelope, target, rights) }),
    headers: [
      ...(ownHeaders ?? ['authorization']),
      ...(external ? [] : [...ENVELOPE_HEADERS, ...ADVISORY_HEADERS]),
      'traceparent',
    ],
  };
}
