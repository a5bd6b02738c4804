import {
  type AdmittedIdentity,
  type Approval,
  type ApprovalStore,
  type EieError,
  type ExecutionIdentityEnvelope,
  type RequestedApproval,
} from 'execution-identity';
import { type ApprovalCall } from './approval-call.js';

/** The word of a person about an approval. */
export interface Decided {
  readonly approved: boolean;
  readonly by: AdmittedIdentity | ExecutionIdentityEnvelope;
  readonly traceId?: string;
}

/**
 * What the library does with approvals. Every operation rejects with an EieError `approval_unavailable` when the store does not answer, and
 * `revocation_unavailable` when it cannot be known whether an approval is void. One that is void, or that another server has asked for, is found by none
 * of them: see {@link isVoid}.
 *
 * - `request`: the approval that waits for this call, or was decided; `input_invalid` for arguments that have no canonical form, `limit_reached`,
 *   `approval_unaskable`, `audit_unavailable`
 * - `decide`: resolves to why the decision does not count, which is on the audit log then: `approval_unknown`, `approval_unavailable`. It rejects with
 *   `audit_unavailable`. Does NOT check who decides
 * - `consume`: `approval_unknown` where it does not allow this call, or not any more
 * - `ask`: asks the store itself; `server`: the `resource` of this one; `now`: seconds since the epoch
 */
export interface Operations {
  readonly request: (call: ApprovalCall) => Promise<{ readonly approval: RequestedApproval; readonly isNew: boolean }>;
  readonly find: (id: string) => Promise<RequestedApproval | undefined>;
  readonly pending: (issuer: string, tenant: string | undefined) => Promise<readonly RequestedApproval[]>;
  readonly decide: (approval: RequestedApproval, decided: Decided) => Promise<EieError | undefined>;
  readonly consume: (id: string, call: ApprovalCall) => Promise<Approval>;
  readonly isVoid: (approval: RequestedApproval) => Promise<boolean>;
  readonly ask: <T>(question: (store: ApprovalStore) => Promise<T>) => Promise<T>;
  readonly server: string;
  readonly now: () => number;
}
