import { type RevokedIdentity } from 'execution-identity';
import { type DatedRevocation } from 'execution-identity/internal';
import { type Database } from './database.js';
import { type RevocationRows } from './revocation-rows.js';

/** Revocations that are written at a time. */
const BATCH = 1_000;

interface Waiting extends DatedRevocation {
  readonly done: () => void;
  readonly failed: (error: unknown) => void;
}

/** Writes the revocations of this process, those that come at the same time together, and what it knows to a store that has lost it. */
export class RevocationWriter {
  readonly #waiting: Waiting[] = [];
  /** Numbers of rows that this process has added and that its listeners have heard of. */
  readonly #own = new Set<number>();
  #isWriting = false;
  #isWritingBack = false;
  #isBehind = false;
  #written = 0;

  constructor(
    private readonly database: Database,
    private readonly rows: RevocationRows,
  ) {}

  /** Something is known here that may not be in the table. */
  get isBehind(): boolean {
    return this.#isBehind || this.#isWritingBack;
  }

  /** The highest number that this process has committed: a table that ends before it has lost something. */
  get written(): number {
    return this.#written;
  }

  isOwn(seq: number): boolean {
    return this.#own.has(seq);
  }

  /** Rows until this number have been seen. */
  seen(last: number): void {
    for (const seq of this.#own) if (seq <= last) this.#own.delete(seq);
  }

  /** What was written may be lost, and its numbers may be given again. */
  lost(): void {
    this.#isBehind = true;
    this.#own.clear();
    this.#written = 0;
  }

  /** It may be lost unseen: write it again at the next chance. */
  mayBeLost(): void {
    this.#isBehind = true;
  }

  /** @throws PostgresStoreError (as a rejection) where it is not written: then it is written back later */
  add(revoked: RevokedIdentity, at: number): Promise<void> {
    return new Promise((done, failed) => {
      this.#waiting.push({ revoked, at, done, failed });
      // What comes at the same time goes together.
      if (!this.#isWriting) setImmediate(() => void this.#write());
      this.#isWriting = true;
    });
  }

  /** Nobody waits for it. Where it fails it is behind as before. */
  catchUp(known: () => readonly DatedRevocation[]): void {
    if (this.#isBehind && !this.#isWriting && !this.#isWritingBack) void this.#writeBack(known());
  }

  async #writeBack(known: readonly DatedRevocation[]): Promise<void> {
    this.#isBehind = false;
    this.#isWritingBack = true;
    try {
      for (let i = 0; i < known.length; i += BATCH)
        await this.database.transaction(client => this.rows.write(client, known.slice(i, i + BATCH), false));
    } catch {
      this.#isBehind = true;
    }
    this.#isWritingBack = false;
  }

  async #write(): Promise<void> {
    while (this.#waiting.length) {
      const batch = this.#waiting.splice(0, BATCH);
      try {
        const written = await this.database.transaction(async client => {
          const numbers = await this.rows.write(client, batch, true);
          for (const seq of numbers) this.#own.add(seq);
          return numbers;
        });
        this.#written = Math.max(this.#written, ...written);
        for (const { done } of batch) done();
      } catch (error) {
        this.#isBehind = true;
        for (const { failed } of batch) failed(error);
      }
    }
    this.#isWriting = false;
  }
}
