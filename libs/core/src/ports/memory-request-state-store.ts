import { randomBytes } from 'node:crypto';
import { RequestStateStore } from './request-state-store.js';

interface Kept {
  readonly json: string;
  readonly owner: string;
  readonly expiresAt: number;
}

const CAPACITY = 10_000;

/**
 * A {@link RequestStateStore} in the memory of this process, for states that are too large for a client or that must not outlive
 * the process. Processes do NOT share it. When it is full of live states, `put` rejects.
 */
export class MemoryRequestStateStore extends RequestStateStore {
  readonly #states = new Map<string, Kept>();

  /** @param capacity states that are kept at most */
  constructor(private readonly capacity = CAPACITY) {
    super();
  }

  override async put(state: unknown, owner: string, expiresAt: number, now: number): Promise<string> {
    if (this.#states.size >= this.capacity) this.#dropExpired(now);
    if (this.#states.size >= this.capacity) throw new Error('The store of request states is full.');
    const handle = randomBytes(24).toString('base64url');
    this.#states.set(handle, { json: JSON.stringify(state), owner, expiresAt });
    return handle;
  }

  override async get(handle: string, owner: string, now: number): Promise<unknown> {
    const kept = this.#states.get(handle);
    return kept?.owner === owner && now < kept.expiresAt ? (JSON.parse(kept.json) as unknown) : undefined;
  }

  #dropExpired(now: number): void {
    for (const [handle, { expiresAt }] of this.#states) if (expiresAt <= now) this.#states.delete(handle);
  }
}
