import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import {
  type Approval,
  type ApprovalStore,
  type Diagnostics,
  EieError,
  MemoryApprovalStore,
  type RequestedApproval,
} from 'execution-identity';
import {
  approvedArguments,
  AuditRecorder,
  storeFailure,
  secondsOf,
  shareHolder,
  STORE_DEADLINE,
  withinDeadline,
} from 'execution-identity/internal';
import { EieConfiguration, optionsOf } from '../configuration/eie-configuration.js';
import { EIE_DIAGNOSTICS } from '../configuration/ports.js';
import { type ServerOptions } from '../configuration/server-profile.js';
import { IdentityRevocation } from '../revocation/identity-revocation.service.js';
import { type ApprovalCall, bindingOf, requestedApproval } from './approval-call.js';
import { type Decided, type Operations } from './approval-operations.js';
import { unaskable } from './unaskable.js';
import { isVoid, removeVoid } from './void-approvals.js';

let operationsOf: (approvals: Approvals) => Operations;

/**
 * The approvals of this server: what asks, decides and uses up one. It has no public method: any code can inject this class, and could then
 * approve its own calls. The library uses {@link approvalsIn}.
 */
@Injectable()
export class Approvals {
  readonly #store: ApprovalStore;
  /** Its `resource`. */
  readonly #server: string;
  readonly #now: () => number;
  readonly #audit: AuditRecorder;
  readonly #diagnostics: Diagnostics;
  readonly #isVoid: (approval: RequestedApproval) => Promise<boolean>;

  constructor(
    @Inject(EieConfiguration) configuration: EieConfiguration<ServerOptions>,
    @Inject(AuditRecorder) audit: AuditRecorder,
    @Inject(EIE_DIAGNOSTICS) diagnostics: Diagnostics,
    @Inject(IdentityRevocation) revocation: IdentityRevocation,
  ) {
    const { ports, resource } = optionsOf(configuration);
    this.#server = resource;
    this.#store = ports?.approvals ?? new MemoryApprovalStore();
    this.#now = secondsOf(ports?.clock ?? Date.now);
    this.#audit = audit;
    this.#diagnostics = diagnostics;
    this.#isVoid = approval => isVoid(approval, revocation);
  }

  static {
    operationsOf = approvals => ({
      request: call => approvals.#request(call),
      find: id => approvals.#find(id),
      pending: (issuer, tenant) => approvals.#pending(issuer, tenant),
      decide: (approval, decided) => approvals.#decide(approval, decided),
      consume: (id, call) => approvals.#consume(id, call),
      isVoid: approval => approvals.#isVoid(approval),
      ask: question => approvals.#ask(question),
      server: approvals.#server,
      now: () => approvals.#now(),
    });
  }

  async #request(call: ApprovalCall): Promise<{ readonly approval: RequestedApproval; readonly isNew: boolean }> {
    const refusal = unaskable(call.policy, call.identity);
    if (refusal) throw refusal;
    const now = this.#now();
    const asked = requestedApproval(call, { id: randomBytes(24).toString('base64url'), server: this.#server, now });
    if (!asked) throw new EieError('input_invalid');
    const ask = async (): Promise<RequestedApproval> => {
      const kept = await this.#ask(store => store.request(asked, now, shareHolder(call.identity)));
      if (kept === 'full') throw new EieError('limit_reached');
      // What answers for another call is no store of approvals.
      if ((kept as Partial<RequestedApproval> | undefined)?.binding !== asked.binding)
        throw new EieError('approval_unavailable');
      return kept;
    };
    let approval = await ask();
    // The same call of an identity that was revoked since: whoever calls now has signed in again, and is asked anew.
    if (approval.id !== asked.id && (await this.#isVoid(approval))) {
      const old = approval;
      await this.#ask(store => removeVoid(old, store, now));
      approval = await ask();
    }
    const isNew = approval.id === asked.id;
    if (isNew)
      await this.#audit.record({
        type: 'approval.requested',
        outcome: 'ok',
        subject: call.identity,
        handler: call.handler,
        argsDigest: this.#audit.digestOf(call.args),
        traceId: call.traceId,
        approvalId: approval.id,
      });
    return { approval, isNew };
  }

  async #find(id: string): Promise<RequestedApproval | undefined> {
    const found = await this.#ask(store => store.find(id, this.#now()));
    return found && this.#isOwn(found) && !(await this.#isVoid(found)) ? found : undefined;
  }

  async #pending(issuer: string, tenant: string | undefined): Promise<readonly RequestedApproval[]> {
    const kept = await this.#ask(store => store.pending(issuer, tenant, this.#now()));
    const found = kept.filter(approval => this.#isOwn(approval));
    const areVoid = await Promise.all(found.map(approval => this.#isVoid(approval)));
    return found.filter((_, i) => !areVoid[i]);
  }

  /** Servers that share who is revoked may share the store of approvals too. Who may decide at one of them has no say at the others. */
  #isOwn({ server }: RequestedApproval): boolean {
    return server === this.#server;
  }

  /** The record comes first: no decision counts that is not on the audit log. One that did not count has a second record, which names the first. */
  async #decide({ id, handler }: RequestedApproval, decided: Decided): Promise<EieError | undefined> {
    const { approved, by, traceId } = decided;
    const about = { subject: by, handler, approvalId: id, ...(traceId !== undefined && { traceId }) };
    const { id: intentId } = await this.#audit.record({
      ...about,
      type: 'approval.decided',
      outcome: approved ? 'ok' : 'refused',
      ...(!approved && { reason: 'approval_denied' as const }),
    });
    const reason = await this.#uncounted(id, decided);
    if (reason)
      await this.#audit.record({ ...about, type: 'authorization.refused', outcome: 'refused', reason, intentId });
    return reason;
  }

  /** Why a decision does not count: another one came first, or the store has not said that it took this one. */
  async #uncounted(id: string, { approved, by }: Decided): Promise<EieError | undefined> {
    const now = this.#now();
    const { issuer, sub } = by.actor;
    try {
      const isDecided = await this.#ask(store => store.decide(id, { approved, issuer, sub, at: now }, now));
      return isDecided ? undefined : new EieError('approval_unknown', { approvalId: id });
    } catch (error) {
      if (error instanceof EieError) return new EieError(error.code, { approvalId: id });
      throw error;
    }
  }

  async #consume(id: string, call: ApprovalCall): Promise<Approval> {
    const binding = bindingOf(call, id);
    const now = this.#now();
    const used = binding !== undefined && (await this.#ask(store => store.consume(id, binding, now)));
    // The store is not trusted to compare: what it says must be what was asked for.
    if (!used || used.id !== id || used.binding !== binding || now >= used.expiresAt || !used.decision?.approved)
      throw new EieError('approval_unknown', { approvalId: id });
    // Not before: it may have been revoked until now, and is used up in either case.
    if (await this.#isVoid(used)) throw new EieError('approval_unknown', { approvalId: id });
    const { issuer, sub, at } = used.decision;
    const { by } = call.policy;
    return {
      id,
      by,
      // Who stands at the client is the word of the client alone.
      ...(by !== 'client' && { approver: { issuer, sub } }),
      approved_at: at,
      expires_at: used.expiresAt,
      args_digest: approvedArguments(id, call.args)!,
    };
  }

  async #ask<T>(question: (store: ApprovalStore) => Promise<T>): Promise<T> {
    try {
      return await withinDeadline(STORE_DEADLINE, () => question(this.#store));
    } catch (error) {
      this.#diagnostics.report({
        level: 'error',
        message: storeFailure('approval store', error, 'calls that a person must approve fail until it does'),
      });
      throw new EieError('approval_unavailable');
    }
  }
}

/** What the library does with approvals: see {@link Operations}. */
export const approvalsIn = (approvals: Approvals): Operations => operationsOf(approvals);
