import { mkdir, open, type FileHandle } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { type AuditEvent } from './audit-event.js';
import { AuditLog } from './audit-log.js';

/**
 * Appends JSON lines to one file, mode 0600, in the order of `append`. Records that wait for the same write share it.
 * Does NOT flush to the device: a record survives a crash of the process, not of the machine.
 */
export class FileAuditLog extends AuditLog {
  #file: Promise<FileHandle> | undefined;
  #waiting: string[] = [];
  #write: Promise<void> = Promise.resolve();

  constructor(readonly path: string) {
    super();
  }

  /** The absolute path of the file. */
  override get place(): string {
    return resolve(this.path);
  }

  append(event: AuditEvent): Promise<void> {
    this.#waiting.push(`${JSON.stringify(event)}\n`);
    if (this.#waiting.length === 1) {
      this.#write = this.#write.catch(() => undefined).then(() => this.#flush());
    }
    return this.#write;
  }

  override async close(): Promise<void> {
    // The caller of `append` has already been told about a failed write.
    await this.#write.catch(() => undefined);
    await (await this.#file)?.close();
    this.#file = undefined;
  }

  async #flush(): Promise<void> {
    const lines = this.#waiting.join('');
    this.#waiting = [];
    this.#file ??= mkdir(dirname(this.path), { recursive: true }).then(() => open(this.path, 'a', 0o600));
    try {
      await (await this.#file).appendFile(lines);
    } catch (error) {
      const broken = this.#file;
      this.#file = undefined;
      await broken.then(file => file.close()).catch(() => undefined);
      throw error;
    }
  }
}
