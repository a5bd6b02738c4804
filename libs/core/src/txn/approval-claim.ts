import { EieError } from '../errors.js';
import { defined } from '../defined.js';
import { type Approval } from '../identity/approval.js';
import { type Actor } from '../identity/execution-identity-envelope.js';
import { seconds, text } from '../token/claim-values.js';
import { needed, oneOf, record } from './members.js';

const KINDS = ['client', 'self', 'another'] as const;
const SHA256 = /^[\w-]{43}$/;

/** An approval as `tctx.eie.approval`; nothing where there is none. */
export function approvalClaim(approval: Approval | undefined): Record<string, unknown> | undefined {
  if (!approval) return undefined;
  const { id, by, approver, approved_at, expires_at, args_digest } = approval;
  return defined({
    id,
    by,
    approver: approver && { iss: approver.issuer, sub: approver.sub },
    iat: approved_at,
    exp: expires_at,
    args: args_digest,
  });
}

/**
 * @param actor of the same envelope: `by` says whether it has approved its own call
 * @throws EieError `txn_token_invalid` for one of a wrong shape, and for an approver who could not decide
 */
export function approvalIn(value: unknown, actor: Actor): Approval | undefined {
  if (value === undefined) return undefined;
  const claim = record(value);
  const by = oneOf(KINDS, claim.by);
  const approver = approverIn(claim.approver);
  const args_digest = needed(text(claim, 'args'));
  if (!SHA256.test(args_digest) || by !== kindOf(approver, actor)) throw new EieError('txn_token_invalid');
  return {
    id: needed(text(claim, 'id')),
    by,
    ...(approver && { approver }),
    approved_at: needed(seconds(claim, 'iat')),
    expires_at: needed(seconds(claim, 'exp')),
    args_digest,
  };
}

function approverIn(value: unknown): Approval['approver'] {
  if (value === undefined) return undefined;
  const approver = record(value);
  return { issuer: needed(text(approver, 'iss')), sub: needed(text(approver, 'sub')) };
}

/** What an approval by this person is; `undefined` for a person of another issuer, who has no say. */
function kindOf(approver: Approval['approver'], actor: Actor): Approval['by'] | undefined {
  if (!approver) return 'client';
  if (approver.issuer !== actor.issuer) return undefined;
  return approver.sub === actor.sub ? 'self' : 'another';
}
