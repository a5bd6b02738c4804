import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { type AuditFiles } from './audit-files.js';
import { AuditLogError } from './audit-log-error.js';
import { mayRun, type ProcessName, thisProcess } from './running-process.js';

const ATTEMPTS = 10;

interface Holder extends ProcessName {
  readonly token: string;
}

/** The file that says which process writes a log. A process that was killed leaves it behind; the next one takes it over. */
export class InstanceLock {
  readonly #path: string;
  readonly #id: string;

  private constructor(
    private readonly files: AuditFiles,
    path: string,
    id: string,
  ) {
    this.#path = path;
    this.#id = id;
  }

  /** @throws AuditLogError `audit_log_locked` while another process may write the log */
  static async take(files: AuditFiles, folder: string): Promise<InstanceLock> {
    const path = join(folder, 'lock');
    const own: Holder = { ...thisProcess(), token: randomUUID() };
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const id = await create(files, path, own);
      if (id !== undefined) return new InstanceLock(files, path, id);
      const holder = await holderOf(files, path);
      if (holder && mayRun(holder)) throw lockedBy(holder, path);
      if (holder) await setAside(files, path, holder, own.token);
    }
    throw new AuditLogError('locked', `${path} changes hands all the time: start one process at a time on this log.`);
  }

  /** @throws AuditLogError `audit_log_locked` when another process has taken it */
  assertHeld(): void {
    if (this.files.stateNow(this.#path)?.id === this.#id) return;
    throw new AuditLogError(
      'locked',
      `${this.#path} was removed or taken by another process. Start this process again; give each process an audit.instance of its own.`,
    );
  }

  async release(): Promise<void> {
    if ((await this.files.state(this.#path))?.id === this.#id) await this.files.remove(this.#path);
  }
}

/** @returns what identifies the lock, or `undefined` where there is one already */
async function create(files: AuditFiles, path: string, own: Holder): Promise<string | undefined> {
  try {
    await files.create(path, Buffer.from(JSON.stringify(own)));
    return (await files.state(path))?.id;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return undefined;
    throw error;
  }
}

async function holderOf(files: AuditFiles, path: string): Promise<Holder | undefined> {
  try {
    return JSON.parse(Buffer.from(await files.read(path)).toString()) as Holder;
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new AuditLogError('locked', `${path} cannot be read. If no process writes this log, remove the file.`);
  }
}

/** Two processes may find the same dead holder: who moves the lock of the other one aside puts it back. */
async function setAside(files: AuditFiles, path: string, holder: Holder, token: string): Promise<void> {
  const aside = `${path}.${token}`;
  try {
    await files.rename(path, aside);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return;
    throw error;
  }
  const moved = await holderOf(files, aside);
  if (moved && moved.token !== holder.token) await files.link(aside, path).catch(() => undefined);
  await files.remove(aside);
}

function lockedBy({ host, pid }: Holder, path: string): AuditLogError {
  return new AuditLogError(
    'locked',
    `Process ${pid} on ${host} writes this audit log (${path}). Give each process an audit.instance of its own; if that host is gone, remove the file.`,
  );
}
