import { type AdmittedIdentity, EieError } from 'execution-identity';
import { type ApprovalPolicy } from '../record/handler-entry.js';

const FIX =
  'A service has no user who could approve its calls: give the tool @RequireApproval({ by: "another" }), or let a user call it.';

/** Why nobody can be asked about the calls of this identity. A user whose `sub` is that of a service is not the user of the service. */
export const unaskable = ({ by }: ApprovalPolicy, { actor }: Pick<AdmittedIdentity, 'actor'>): EieError | undefined =>
  by === 'self' && actor.type !== 'user' ? new EieError('approval_unaskable', { finding: { fix: FIX } }) : undefined;
