import { link, mkdtemp, open, readdir, readFile, rename, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuditEvent, type AuditFiles, FileAuditLog, nodeFiles, verifyAuditLog } from 'execution-identity';
import { AuditLog } from 'nestjs-eie';
import { startAccounts } from '../accounts.js';
import { type Application, type Attack, type Running, type Stage } from '../application.js';
import { accountAttacks } from '../attacks.js';
import { accountCalls } from '../calls.js';
import { answers, bearer } from '../parts.js';

/** The disk of the machine, until it is full. */
class Disk {
  room = Infinity;

  readonly files: AuditFiles = {
    ...nodeFiles,
    open: async path => {
      const file = await nodeFiles.open(path);
      return {
        append: bytes => {
          file.append(bytes.subarray(0, Math.min(bytes.length, this.room)));
          if (bytes.length > this.room) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
        },
        sync: () => file.sync(),
        truncate: size => file.truncate(size),
        state: () => file.state(),
        close: () => file.close(),
      };
    },
  };
}

/** The default audit log on that disk. The attacks of every application read it as they read their own. */
class LogOnDisk extends AuditLog {
  readonly #log: FileAuditLog;

  constructor(
    directory: string,
    readonly disk: Disk,
    private readonly seen: Stage['auditLog'],
  ) {
    super();
    this.#log = new FileAuditLog({ directory, instance: 'web', files: disk.files });
  }

  override open(): Promise<void> {
    return this.#log.open();
  }

  async append(event: AuditEvent) {
    if (this.seen.broken) throw new Error('down');
    const position = await this.#log.append(event);
    this.seen.events.push(event);
    return position;
  }

  override async close(): Promise<void> {
    await this.#log.close();
  }
}

let directory: string;
let disk: Disk;
const folder = (): string => join(directory, 'web');
const segment = async (): Promise<string> =>
  join(folder(), 'records', (await readdir(join(folder(), 'records'))).sort().at(-1)!);

/** Touches the file while the application runs, calls it, and puts the file back. */
function touched(
  name: string,
  touch: (path: string) => Promise<() => Promise<unknown>>,
  { send }: Running,
  { world, api }: Stage,
): Attack {
  return {
    promise: 5,
    name: `a call runs after the file of the audit log was ${name}`,
    async run() {
      const putBack = await touch(await segment());
      const before = api.requests.length;
      const refused = await send('/accounts/orders', bearer(world.userToken()));
      const ran = api.requests.length > before;
      await putBack();
      if (refused.status !== 503 || ran) return `${refused.status}, and the API was ${ran ? 'called' : 'not called'}`;
      const { status } = await send('/accounts/orders', bearer(world.userToken()));
      if (status !== 200) return `${status} when the file is back`;
      const { state, problems } = await verifyAuditLog(folder());
      return state === 'broken' ? problems[0]?.what : undefined;
    },
  };
}

export const application: Application = {
  name: 'the default audit log on a disk that others touch',
  async start(stage) {
    directory = await mkdtemp(join(tmpdir(), 'eie-promises-'));
    disk = new Disk();
    return startAccounts(stage, { options: { audit: { log: new LogOnDisk(directory, disk, stage.auditLog) } } });
  },
  legitimate: (running, stage) => [
    ...accountCalls(running, stage),
    answers('a user reads who they are', () => running.send('/accounts/me', bearer(stage.world.userToken())), 'alice'),
  ],
  attacks: (running, stage) => [
    ...accountAttacks(running, stage),
    touched(
      'renamed',
      async path => {
        await rename(path, `${path}.1`);
        return () => rename(`${path}.1`, path);
      },
      running,
      stage,
    ),
    touched(
      'removed',
      async path => {
        await link(path, join(directory, 'kept'));
        await rm(path);
        return () => rename(join(directory, 'kept'), path);
      },
      running,
      stage,
    ),
    touched(
      'cut',
      async path => {
        const bytes = await readFile(path);
        await truncate(path, 100);
        return async () => {
          await truncate(path, 100);
          const file = await open(path, 'a');
          await file.appendFile(bytes.subarray(100));
          await file.close();
        };
      },
      running,
      stage,
    ),
    touched(
      'torn, since the disk is full in the middle of a line',
      async () => {
        disk.room = 40;
        return async () => void (disk.room = Infinity);
      },
      running,
      stage,
    ),
  ],
};
