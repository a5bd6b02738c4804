import { Inject, Injectable } from '@nestjs/common';
import { EieError, type ExecutionIdentityEnvelope, type RequestedApproval, type ShownField } from 'execution-identity';
import { assertEnvelope, assertLive, revocableIdentity, secondsOf } from 'execution-identity/internal';
import { Authorizer } from '../authorization/authorizer.js';
import { EieConfiguration, optionsOf } from '../configuration/eie-configuration.js';
import { type ServerOptions } from '../configuration/server-profile.js';
import { assertNotEnded } from '../record/ended-call.js';
import { recordOf } from '../record/execution-record.js';
import { IdentityRevocation } from '../revocation/identity-revocation.service.js';
import { Approvals, approvalsIn } from './approvals.js';
import { mayDecide } from './may-decide.js';

/** A call that waits for the word of a person. */
export interface PendingApproval {
  readonly id: string;
  /** For whom the call would run. */
  readonly user: string;
  /** Through which client. */
  readonly client: string;
  /** Through which agents, outermost first: where the token of the call names none, the one that its client stands for. */
  readonly agents: readonly string[];
  readonly tool: string;
  readonly reason: string;
  /** What the model has sent. Show it as text, never as HTML. */
  readonly shown: readonly ShownField[];
  /** Seconds since the epoch. */
  readonly requestedAt: number;
  /** Seconds since the epoch: the decision and the call must come before. */
  readonly expiresAt: number;
}

/**
 * What an approver sees and decides, for `@RequireApproval({ by: 'self' })` and `by: 'another'`. Offer it by handlers of your own, with
 * a scope of its own that agents do not get. The call that waits runs when its client calls again with the same arguments.
 *
 * Every method takes the envelope of the approver, from `@Identity()` of the running handler. It rejects with an EieError: `identity_missing`,
 * `identity_forged`, `identity_of_another_copy`, `identity_expired` or `identity_revoked` for what is no live identity of this server,
 * `revocation_unavailable`, `approval_unavailable`.
 *
 * @example @Post('approvals/:id') @RequireScopes('approvals:decide') approve(@Identity() approver: ExecutionIdentityEnvelope, @Param('id') id: string) { return this.approvals.approve(approver, id); }
 */
@Injectable()
export class ApprovalService {
  readonly #server: object;
  readonly #now: () => number;

  constructor(
    @Inject(EieConfiguration) configuration: EieConfiguration<ServerOptions>,
    @Inject(Approvals) private readonly approvals: Approvals,
    @Inject(Authorizer) private readonly authorizer: Authorizer,
    @Inject(IdentityRevocation) private readonly revocation: IdentityRevocation,
  ) {
    this.#server = configuration;
    this.#now = secondsOf(optionsOf(configuration).ports?.clock ?? Date.now);
  }

  /** The calls that wait for this approver, the oldest first. */
  async pending(approver: ExecutionIdentityEnvelope): Promise<PendingApproval[]> {
    const { envelope } = await this.#running(approver);
    const { issuer, tenant } = envelope.actor;
    const found = await approvalsIn(this.approvals).pending(issuer, tenant);
    return found.filter(approval => mayDecide(envelope, approval)).map(pendingApproval);
  }

  /**
   * Lets the call run, once. It is on the audit log as `approval.decided`, with the approver as its actor.
   *
   * @throws EieError `approval_unknown` for one that is decided, used or expired, or of no business of this approver; `approver_refused` for the
   * client or the agents of the call itself; `audit_unavailable`
   */
  approve(approver: ExecutionIdentityEnvelope, id: string): Promise<void> {
    return this.#decide(approver, id, true);
  }

  /** Refuses the call until its question expires. It rejects as {@link approve} does. */
  deny(approver: ExecutionIdentityEnvelope, id: string): Promise<void> {
    return this.#decide(approver, id, false);
  }

  async #decide(approver: ExecutionIdentityEnvelope, id: string, approved: boolean): Promise<void> {
    const { envelope, record } = await this.#running(approver);
    const { find, decide } = approvalsIn(this.approvals);
    const approval = await find(String(id));
    const refuse = (code: 'approval_unknown' | 'approver_refused'): Promise<never> =>
      this.authorizer.refuse(new EieError(code, approval && { approvalId: approval.id }), envelope, record.execution);
    if (!approval || !isOfTenant(envelope, approval)) return refuse('approval_unknown');
    if (!mayDecide(envelope, approval)) return refuse('approver_refused');
    // One that is decided already is not recorded as decided again.
    if (approval.decision) return refuse('approval_unknown');
    const uncounted = await decide(approval, { approved, by: envelope });
    if (uncounted) throw uncounted;
  }

  async #running(approver: ExecutionIdentityEnvelope) {
    const envelope = assertEnvelope(approver);
    const record = recordOf(envelope);
    // Not issued by the guard of this server.
    if (!record?.isOf(this.#server)) throw new EieError('identity_forged');
    assertLive(envelope, this.#now());
    await this.revocation.assertNotRevoked(revocableIdentity(envelope));
    assertNotEnded(record);
    return { envelope, record };
  }
}

/** Others do not even learn that there is one. */
const isOfTenant = ({ actor }: ExecutionIdentityEnvelope, { requester }: RequestedApproval): boolean =>
  actor.issuer === requester.issuer && actor.tenant === requester.tenant;

const pendingApproval = ({
  id,
  requester,
  handler,
  reason,
  shown,
  requestedAt,
  expiresAt,
}: RequestedApproval): PendingApproval => ({
  id,
  user: requester.sub,
  client: requester.client_id,
  agents: requester.agents.map(({ sub }) => sub),
  tool: handler,
  reason,
  shown,
  requestedAt,
  expiresAt,
});
