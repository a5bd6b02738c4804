import { type AuditFile, type AuditFiles, type FileState } from './audit-files.js';
import { AuditLogError } from './audit-log-error.js';

/** What an acknowledged record survives: `power-loss` the machine, `process-crash` the process alone. */
export type AuditDurability = 'power-loss' | 'process-crash';

/**
 * The file at the end of the log. What it has confirmed is in the file, under the name of the file, and at the place where it was written.
 * After a write that failed the file is cut back to what was confirmed, before anything else is written.
 */
export class Segment {
  /** Bytes of a write that is not confirmed. */
  #unconfirmed = 0;
  #stopped?: AuditLogError;

  private constructor(
    private readonly files: AuditFiles,
    private readonly file: AuditFile,
    readonly path: string,
    private readonly durability: AuditDurability,
    private readonly id: string,
    private confirmed: number,
    private readonly guard: () => void,
  ) {}

  /** @param guard asked after each write; where it throws, the write is not confirmed and there is no other */
  static async open(
    files: AuditFiles,
    path: string,
    durability: AuditDurability,
    guard: () => void = () => undefined,
  ): Promise<Segment> {
    const file = await files.open(path, durability === 'power-loss');
    try {
      const { id, size } = await file.state();
      // A durable write confirms itself alone, and not what a process before has left.
      if (size && durability === 'power-loss') await file.sync();
      return new Segment(files, file, path, durability, id, size, guard);
    } catch (error) {
      await file.close();
      throw error;
    }
  }

  /** Bytes. */
  get size(): number {
    return this.confirmed;
  }

  /** @throws AuditLogError `audit_log_changed`, `audit_log_stopped`, and the error of a write: then none of the bytes count */
  async append(bytes: Uint8Array): Promise<void> {
    await this.settle();
    this.#unconfirmed = bytes.length;
    await this.#write(bytes);
    this.#assertGuarded();
    this.#assertIs(this.files.stateNow(this.path), this.confirmed + bytes.length);
    this.confirmed += bytes.length;
    this.#unconfirmed = 0;
  }

  /** Cuts off what was never confirmed. @throws AuditLogError likewise: then nothing may be written after it, here or in a next segment */
  async settle(): Promise<void> {
    if (this.#stopped) throw this.#stopped;
    if (this.#unconfirmed) await this.#cutBack();
  }

  /** Beside a write too. @throws AuditLogError where the next write could not be confirmed */
  async assertWritable(): Promise<void> {
    if (this.#stopped) throw this.#stopped;
    const { confirmed } = this;
    const state = await this.files.state(this.path);
    // What a write adds meanwhile is not confirmed yet.
    this.#assertIs(state, Math.max(confirmed, state?.size ?? 0));
  }

  async close(): Promise<void> {
    await this.settle().catch(() => undefined);
    await this.file.close();
  }

  async #cutBack(): Promise<void> {
    const state = await this.files.state(this.path);
    const most = this.confirmed + this.#unconfirmed;
    this.#assertIs(state, Math.max(this.confirmed, Math.min(state?.size ?? 0, most)));
    await this.file.truncate(this.confirmed);
    await this.#sync();
    this.#assertIs(await this.files.state(this.path), this.confirmed);
    this.#unconfirmed = 0;
  }

  /** Where there was no room it is tried again. After any other error the kernel may forget what it could not write and report success the next time. */
  async #write(bytes: Uint8Array): Promise<void> {
    try {
      await this.file.append(bytes);
    } catch (error) {
      if (this.durability === 'process-crash' || isNoRoom(error)) throw error;
      throw this.#unconfirmedBy(error);
    }
  }

  #assertGuarded(): void {
    try {
      this.guard();
    } catch (error) {
      if (error instanceof AuditLogError) this.#stopped = error;
      throw error;
    }
  }

  async #sync(): Promise<void> {
    if (this.durability === 'process-crash') return;
    try {
      await this.file.sync();
    } catch (error) {
      throw this.#unconfirmedBy(error);
    }
  }

  /** There is no second try. */
  #unconfirmedBy(error: unknown): AuditLogError {
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
