import { type AuditFile, type AuditFiles, type FileState } from './audit-files.js';
import { AuditLogError } from './audit-log-error.js';

/** What a confirmed record survives: `power-loss` the machine, `process-crash` the process alone. */
export type AuditDurability = 'power-loss' | 'process-crash';

/** Bytes that are confirmed together: no more than this of a log can be torn by a loss of power. */
export const MAX_UNSYNCED = 1_048_576;

/**
 * The file at the end of the log. What was written to it is at the place where it was written, and an act is in the file under its name; with the next
 * `sync` it survives what the log promises. After a write that failed the file is cut back, before anything else is written.
 */
export class Segment {
  /** Bytes of a write that has failed, at the most. */
  #failed = 0;
  #unsynced = 0;
  #stopped?: AuditLogError;

  private constructor(
    private readonly files: AuditFiles,
    private readonly file: AuditFile,
    readonly path: string,
    private readonly durability: AuditDurability,
    private readonly id: string,
    private written: number,
    private readonly guard: () => void,
  ) {}

  /** @param guard asked after each write of an act; where it throws, the write does not count and there is no other */
  static async open(
    files: AuditFiles,
    path: string,
    durability: AuditDurability,
    guard: () => void = () => undefined,
  ): Promise<Segment> {
    const file = await files.open(path);
    try {
      const { id, size } = await file.state();
      // A process before may have left what was not synced.
      if (size && durability === 'power-loss') await file.sync();
      return new Segment(files, file, path, durability, id, size, guard);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Bytes. */
  get size(): number {
    return this.written;
  }

  /** Whether something may be appended, beside a `sync` too. */
  get isReady(): boolean {
    return !this.#stopped && !this.#failed && this.#unsynced <= MAX_UNSYNCED / 2;
  }

  /** Cuts off what a write that failed has left, and confirms what was written where that is much. @throws AuditLogError likewise */
  async makeReady(): Promise<void> {
    await this.#settle();
    if (!this.isReady) await this.sync();
  }

  /**
   * The bytes are with the operating system then: they survive this process.
   *
   * @param bytes half of {@link MAX_UNSYNCED} at the most
   * @param isAct whether something begins when it is confirmed: then the file must be as this process has left it
   * @throws AuditLogError `audit_log_changed`, `audit_log_stopped`, and the error of a write: then none of the bytes count
   */
  append(bytes: Uint8Array, isAct = true): void {
    this.#failed = bytes.length;
    this.#write(bytes);
    if (isAct) this.#assertOurs(this.written + bytes.length);
    this.written += bytes.length;
    if (this.durability === 'power-loss') this.#unsynced += bytes.length;
    this.#failed = 0;
  }

  /**
   * Resolves when every byte that was there before survives what the log promises.
   *
   * @throws AuditLogError `audit_log_stopped`: there is no second try, since the kernel may forget what it could not write and report success then
   */
  async sync(): Promise<void> {
    if (this.#stopped) throw this.#stopped;
    if (!this.#unsynced) return;
    const bytes = this.#unsynced;
    await this.#confirmedBy(this.file.sync());
    this.#unsynced -= bytes;
  }

  /**
   * Confirms what counts, and cuts off the rest.
   *
   * @throws AuditLogError likewise, and where the file is not as this process has left it: then nothing may be written after it, here or in a next segment
   */
  async finish(): Promise<void> {
    await this.#settle();
    await this.sync();
    this.#assertIs(await this.files.state(this.path), this.written);
  }

  /** Beside a write too. @throws AuditLogError where the next write could not be confirmed */
  async assertWritable(): Promise<void> {
    if (this.#stopped) throw this.#stopped;
    const { written } = this;
    const state = await this.files.state(this.path);
    // A write may have added to it meanwhile.
    this.#assertIs(state, Math.max(written, state?.size ?? 0));
  }

  async close(): Promise<void> {
    await this.finish().catch(() => undefined);
    await this.file.close();
  }

  async #settle(): Promise<void> {
    if (this.#stopped) throw this.#stopped;
    if (this.#failed) await this.#cutBack();
  }

  async #cutBack(): Promise<void> {
    const state = await this.files.state(this.path);
    const most = this.written + this.#failed;
    this.#assertIs(state, Math.max(this.written, Math.min(state?.size ?? 0, most)));
    await this.file.truncate(this.written);
    if (this.durability === 'power-loss') await this.#confirmedBy(this.file.sync());
    this.#assertIs(await this.files.state(this.path), this.written);
    [this.#failed, this.#unsynced] = [0, 0];
  }

  /** Where there was no room it is tried again. */
  #write(bytes: Uint8Array): void {
    try {
      this.file.append(bytes);
    } catch (error) {
      if (this.durability === 'process-crash' || isNoRoom(error)) throw error;
      throw this.#stoppedBy(error);
    }
  }

  #assertOurs(size: number): void {
    try {
      this.guard();
    } catch (error) {
      if (error instanceof AuditLogError) this.#stopped = error;
      throw error;
    }
    this.#assertIs(this.files.stateNow(this.path), size);
  }

  async #confirmedBy(sync: Promise<void>): Promise<void> {
    try {
      await sync;
    } catch (error) {
      throw this.#stoppedBy(error);
    }
  }

  #stoppedBy(error: unknown): AuditLogError {
    this.#stopped = new AuditLogError(
      'stopped',
      `The disk did not confirm a write to ${this.path} (${codeOf(error) ?? 'error'}). See what is wrong with it, then start this process again.`,
    );
    return this.#stopped;
  }

  #assertIs(state: FileState | undefined, size: number): void {
    if (state?.id !== this.id) throw this.#changed('renamed, replaced or removed');
    if (state.size < size) throw this.#changed('cut');
    // What is of this process and what is not cannot be told apart any more: the next start sets it aside.
    if (state.size > size) throw (this.#stopped = this.#changed('written by somebody else'));
  }

  #changed(how: string): AuditLogError {
    return new AuditLogError(
      'changed',
      `${this.path} was ${how} while it was written. Put it back under this name, as it was. If it is lost, copy it from /proc/${process.pid}/fd BEFORE you stop this process. Have log rotation move closed segments only.`,
    );
  }
}

const NO_ROOM = ['ENOSPC', 'EDQUOT', 'EFBIG'];

const codeOf = (error: unknown): string | undefined => (error as NodeJS.ErrnoException).code;

const isNoRoom = (error: unknown): boolean => NO_ROOM.includes(codeOf(error) ?? '');
