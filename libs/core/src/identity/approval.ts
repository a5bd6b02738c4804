import { canonicalJson } from '../canonical-json.js';
import { digest } from '../digest.js';
import { type ApproverKind } from '../ports/approval-store.js';

/** The word of a person that one call of a tool has used up. It is for that call alone, with its arguments. */
export interface Approval {
  /** Random, and on the audit log of each service that gets it. */
  readonly id: string;
  /** Who had to decide. `client` proves that the *client* of the call said yes, and no more. */
  readonly by: ApproverKind;
  /** Who has decided: the user of the call with `self`, another one of its issuer and tenant with `another`. Absent with `client`. */
  readonly approver?: { readonly issuer: string; readonly sub: string };
  /** Seconds since the epoch. */
  readonly approved_at: number;
  /** Seconds since the epoch. */
  readonly expires_at: number;
  /**
   * Of the arguments, as the model has sent them: the SHA-256 of the id, a dot and their canonical JSON (RFC 8785), as base64url without padding.
   * The id is a salt and no key: whoever has both can try what the arguments were.
   */
  readonly args_digest: string;
}

/** @returns `undefined` for arguments that have no canonical form */
export function approvedArguments(id: string, args: unknown): string | undefined {
  const canonical = canonicalJson(args);
  return canonical === undefined ? undefined : digest(`${id}.${canonical}`);
}

export const freezeApproval = ({ approver, ...approval }: Approval): Approval =>
  Object.freeze({ ...approval, ...(approver && { approver: Object.freeze({ ...approver }) }) });
