import { type ShareHolder } from './shares.js';

/**
 * Who decides about a call. `client`: whoever the client of the call asks. `self`: the user of the call, through another client. `another`:
 * another user of the same issuer and tenant.
 */
export type ApproverKind = 'client' | 'self' | 'another';

/** A field of the input, as the approver sees it: JSON on one line, cut where it is long. */
export interface ShownField {
  readonly field: string;
  readonly value: string;
}

/** For whom the call would run, and through whom. */
export interface ApprovalRequester {
  readonly issuer: string;
  readonly sub: string;
  readonly tenant?: string;
  readonly client_id: string;
  /** The session of the credential, where it names one: the approval ends with it. */
  readonly sid?: string;
  /** Every agent of the call, outermost first. Where its token names none, the one that its client stands for, which may have the name of the client. */
  readonly agents: readonly { readonly issuer: string; readonly sub: string }[];
}

export interface ApprovalDecision {
  readonly approved: boolean;
  /** Who has decided. */
  readonly issuer: string;
  readonly sub: string;
  /** Seconds since the epoch. */
  readonly at: number;
}

/** One call that waits for the word of a person, as plain data: it can be stored as JSON. */
export interface RequestedApproval {
  /** Random: nobody can guess it. */
  readonly id: string;
  /** A hash of the call that it is for: user, tenant, client, agents, server, tool, arguments, and all of what is shown of them. */
  readonly binding: string;
  readonly by: ApproverKind;
  readonly requester: ApprovalRequester;
  /** The `resource` of the server that has asked. Others that share the store neither show it nor decide about it. */
  readonly server: string;
  /** The tool. */
  readonly handler: string;
  /** What the tool says to the approver. */
  readonly reason: string;
  /** Values of the call: personal data may be among them. */
  readonly shown: readonly ShownField[];
  /** Seconds since the epoch. */
  readonly requestedAt: number;
  /** Seconds since the epoch: from then on it is nothing, whether it was decided or not. */
  readonly expiresAt: number;
  /** Absent until somebody has decided. */
  readonly decision?: ApprovalDecision;
}

/**
 * Keeps the approvals of calls from the question to the one call that each of them allows. {@link MemoryApprovalStore} is the default.
 * Processes that serve the same users share one store, such as a database. Every method is one atomic step, in all processes together. A rejection is a refusal at the
 * caller. `approvalStoreConformance` tests a new one.
 *
 * `now` is in seconds since the epoch, on the clock of the caller.
 */
export abstract class ApprovalStore {
  /**
   * Keeps an approval. Of one binding there is one live approval at most: where there is one, it stays and is returned, whatever was decided about it.
   *
   * @param holder whose it is. A store that is bounded must not let one holder use up the room of others: see `Shares`
   * @returns what is kept now; `full` where the holder has used up its share
   */
  abstract request(asked: RequestedApproval, now: number, holder?: ShareHolder): Promise<RequestedApproval | 'full'>;

  /** @returns `undefined` for one that is unknown, used or expired */
  abstract find(id: string, now: number): Promise<RequestedApproval | undefined>;

  /** Those that nobody has decided about, of users of one issuer and tenant, the oldest first. */
  abstract pending(issuer: string, tenant: string | undefined, now: number): Promise<readonly RequestedApproval[]>;

  /** Decides, once. @returns false for one that is unknown, used, expired, or decided already */
  abstract decide(id: string, decision: ApprovalDecision, now: number): Promise<boolean>;

  /**
   * Takes an approval out of the store: of several callers at the same time exactly one gets it, and nobody gets it again.
   *
   * @returns `undefined`, and nothing has changed, where it is unknown, used, expired, undecided, denied, or of another binding
   */
  abstract consume(id: string, binding: string, now: number): Promise<RequestedApproval | undefined>;
}
