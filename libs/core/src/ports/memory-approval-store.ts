import { type ApprovalDecision, ApprovalStore, type RequestedApproval } from './approval-store.js';
import { type ShareHolder, Shares } from './shares.js';

interface Kept {
  approval: RequestedApproval;
  /** Gives the room back to its holder. */
  readonly release: () => void;
}

/** Seconds between two searches for what has expired. */
const SWEEP_EVERY = 10;

/**
 * An {@link ApprovalStore} in the memory of this process. It does NOT survive a restart, and processes do not share it. It holds a bounded
 * number of approvals, in shares: see {@link Shares}. It never drops a live one.
 */
export class MemoryApprovalStore extends ApprovalStore {
  /** The oldest first. */
  readonly #kept = new Map<string, Kept>();
  /** The id of the live approval of each binding. */
  readonly #ids = new Map<string, string>();
  readonly #shares: Shares;
  #sweptAt = -Infinity;

  /** @param capacity approvals that are kept at most. Default: that of {@link Shares} */
  constructor(capacity?: number) {
    super();
    this.#shares = new Shares(capacity);
  }

  override async request(
    asked: RequestedApproval,
    now: number,
    holder: ShareHolder = [],
  ): Promise<RequestedApproval | 'full'> {
    this.#sweep(now);
    const known = this.#live(this.#ids.get(asked.binding) ?? '', now);
    if (known) return known.approval;
    const release = this.#shares.lease(holder);
    if (!release) return 'full';
    this.#kept.set(asked.id, { approval: asked, release });
    this.#ids.set(asked.binding, asked.id);
    return asked;
  }

  override async find(id: string, now: number): Promise<RequestedApproval | undefined> {
    return this.#live(id, now)?.approval;
  }

  override async pending(
    issuer: string,
    tenant: string | undefined,
    now: number,
  ): Promise<readonly RequestedApproval[]> {
    this.#sweep(now);
    return [...this.#kept.values()]
      .map(({ approval }) => approval)
      .filter(
        ({ decision, requester, expiresAt }) =>
          !decision && now < expiresAt && requester.issuer === issuer && requester.tenant === tenant,
      );
  }

  override async decide(id: string, decision: ApprovalDecision, now: number): Promise<boolean> {
    const kept = this.#live(id, now);
    if (!kept || kept.approval.decision) return false;
    kept.approval = { ...kept.approval, decision };
    return true;
  }

  override async consume(id: string, binding: string, now: number): Promise<RequestedApproval | undefined> {
    const kept = this.#live(id, now);
    if (!kept?.approval.decision?.approved || kept.approval.binding !== binding) return undefined;
    this.#drop(id, kept);
    return kept.approval;
  }

  #live(id: string, now: number): Kept | undefined {
    const kept = this.#kept.get(id);
    if (!kept || now < kept.approval.expiresAt) return kept;
    this.#drop(id, kept);
    return undefined;
  }

  #drop(id: string, { approval, release }: Kept): void {
    this.#kept.delete(id);
    this.#ids.delete(approval.binding);
    release();
  }

  #sweep(now: number): void {
    // Also after the clock was set back.
    if (Math.abs(now - this.#sweptAt) < SWEEP_EVERY) return;
    this.#sweptAt = now;
    for (const id of this.#kept.keys()) this.#live(id, now);
  }
}
