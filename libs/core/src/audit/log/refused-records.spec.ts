import { appendFile, copyFile, cp, mkdtemp, readdir, readFile, rename, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../../test/until.js';
import { auditEvent } from '../audit-detail.js';
import { type AuditEvent } from '../audit-event.js';
import { FileAuditLog, type FileAuditLogOptions } from '../file.audit-log.js';
import { verifyAuditLog } from '../verify/verify-log.js';
import { type AuditFiles } from './audit-files.js';
import { nodeFiles } from './node-files.js';

const AT = '1970-01-01T00:00:00.000Z';
const known = { actor_issuer: 'https://as.test', actor_sub: 'alice' };
const intent = (): AuditEvent => ({
  ...auditEvent('shop', { type: 'execution.intent', outcome: 'started', subject: null }, AT),
  ...known,
});
const outcomeOf = ({ id }: AuditEvent): AuditEvent => ({
  ...auditEvent('shop', { type: 'execution.outcome', outcome: 'ok', subject: null, intentId: id }, AT),
  ...known,
});
const failure = (code: string): Error => Object.assign(new Error(code), { code });

/** The disk of this machine, as broken as a test says. */
class BrokenDisk {
  write: string | undefined;
  confirm: string | undefined;
  names: string | undefined;
  held: Promise<void> | undefined;

  readonly files: AuditFiles = {
    ...nodeFiles,
    syncFolder: async path => {
      if (this.names) throw failure(this.names);
      await nodeFiles.syncFolder(path);
    },
    open: async path => {
      const file = await nodeFiles.open(path);
      if (!path.includes('records')) return file;
      return Object.assign(Object.create(file) as typeof file, {
        append: (bytes: Uint8Array) => {
          if (this.write) throw failure(this.write);
          file.append(bytes);
        },
        sync: async () => {
          await this.held;
          if (this.confirm) throw failure(this.confirm);
          await file.sync();
        },
        truncate: (size: number) => file.truncate(size),
        state: () => file.state(),
        close: () => file.close(),
      });
    },
  };
}

describe('a log that refuses records', () => {
  let directory: string;
  let disk: BrokenDisk;
  let log: FileAuditLog;
  let told: string[];
  let now: number;
  const logIn = (place: string, options: Partial<FileAuditLogOptions> = {}) =>
    new FileAuditLog({
      directory: place,
      instance: 'a',
      files: disk.files,
      clock: () => now,
      diagnostics: { report: ({ message }) => void told.push(message) },
      ...options,
    });
  const records = () => join(directory, 'a', 'records');
  const lines = async () =>
    (await Promise.all((await readdir(records())).sort().map(name => readFile(join(records(), name), 'utf8')))).join(
      '',
    );
  const begun = async (count: number): Promise<AuditEvent[]> => {
    const intents = Array.from({ length: count }, intent);
    await Promise.all(intents.map(one => log.append(one)));
    return intents;
  };

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'eie-refused-'));
    [disk, told, now] = [new BrokenDisk(), [], 0];
    log = logIn(directory);
  });
  afterEach(async () => {
    await log.close().catch(() => undefined);
    await rm(directory, { recursive: true });
  });

  /** More than are written together. */
  const MANY = 800;

  it('on a full disk refuses however many outcomes, and the act behind them, and has them all when there is room', async () => {
    const outcomes = (await begun(MANY)).map(outcomeOf);
    disk.write = 'ENOSPC';
    const refused = await Promise.allSettled(outcomes.map(one => log.append(one)));
    expect(refused.filter(({ status }) => status === 'rejected')).toHaveLength(MANY);
    await expect(log.append(intent())).rejects.toMatchObject({ code: 'ENOSPC' });
    await expect(log.flush()).rejects.toMatchObject({ code: 'ENOSPC' });
    disk.write = undefined;
    await log.flush();
    const text = await lines();
    expect(outcomes.filter(({ id }) => text.split(id).length === 2)).toHaveLength(MANY);
  });

  it('writes what it owes though nothing else comes', async () => {
    const [act] = (await begun(1)) as [AuditEvent];
    disk.write = 'ENOSPC';
    const outcome = outcomeOf(act);
    await expect(log.append(outcome)).rejects.toMatchObject({ code: 'ENOSPC' });
    disk.write = undefined;
    await until(async () => (await lines()).includes(outcome.id));
  });

  it('once the device has failed refuses however many outcomes, and the act behind them, and closes', async () => {
    const outcomes = (await begun(MANY)).map(outcomeOf);
    disk.confirm = 'EIO';
    await expect(log.append(intent())).rejects.toMatchObject({ code: 'audit_log_stopped' });
    const refused = await Promise.allSettled(outcomes.map(one => log.append(one)));
    expect(refused.filter(({ status }) => status === 'rejected')).toHaveLength(MANY);
    await expect(log.append(intent())).rejects.toMatchObject({ code: 'audit_log_stopped' });
    await log.close();
  });

  it('tells the operator once what nobody waits for', async () => {
    const [act] = (await begun(1)) as [AuditEvent];
    disk.confirm = 'EIO';
    await log.append(outcomeOf(act));
    await until(() => told.length > 0);
    await new Promise(resolve => setTimeout(resolve, 100));
    expect(told).toHaveLength(1);
  });

  it('because too many acts wait has room for how an act has ended', async () => {
    const [act] = (await begun(1)) as [AuditEvent];
    let letGo = (): void => undefined;
    disk.held = new Promise(resolve => (letGo = resolve));
    const first = log.append(intent());
    await until(async () => (await lines()).split('\n').length >= 4);
    const waiting = Array.from({ length: 10_001 }, () =>
      log.append(intent()).catch(({ code }: { code: string }) => code),
    );
    const outcome = outcomeOf(act);
    await log.append(outcome);
    expect(await lines()).toContain(outcome.id);
    letGo();
    await first;
    expect((await Promise.all(waiting)).at(-1)).toBe('audit_log_busy');
  });

  it('starts again with more unfinished acts than may wait', async () => {
    const count = 10_001;
    for (let left = count; left > 0; left -= 5_000) await begun(Math.min(left, 5_000));
    // As a process that was killed has left it.
    await cp(records(), join(directory, 'b', 'records'), { recursive: true });
    const next = logIn(directory, { instance: 'b' });
    await next.open();
    await next.close();
    const text = await readFile(join(directory, 'b', 'records', `${'0'.repeat(20)}.jsonl`), 'utf8');
    expect(text.split('"outcome":"unknown"')).toHaveLength(count + 1);
  });

  const touched: Record<string, (path: string) => Promise<void>> = {
    renamed: path => rename(path, `${path}.1`),
    removed: path => rm(path),
    cut: path => truncate(path, 100),
    'written by somebody else': path => appendFile(path, 'x\n'),
    replaced: async path => {
      await copyFile(path, `${path}.copy`);
      await rename(`${path}.copy`, path);
    },
  };
  for (const [how, touch] of Object.entries(touched))
    it(`notices that its file was ${how} where the next record begins a new one`, async () => {
      await begun(2);
      await touch(join(records(), `${'0'.repeat(20)}.jsonl`));
      await log.rotate();
      await expect(log.append(intent())).rejects.toMatchObject({ code: 'audit_log_changed' });
    });

  it('for a new file that could not be begun goes on in that one, also when the clock was set back', async () => {
    log = logIn(directory, { segmentAge: 10 });
    now = 60_000;
    await begun(1);
    now = 71_000;
    disk.names = 'EIO';
    await expect(log.append(intent())).rejects.toMatchObject({ code: 'EIO' });
    [disk.names, now] = [undefined, 62_000];
    await begun(2);
    await log.close();
    expect(await verifyAuditLog(join(directory, 'a'))).toMatchObject({ state: 'self-consistent', problems: [] });
  });

  it('takes no record that the next start could not read', async () => {
    const other = intent();
    for (const wrong of [
      { ...other, seq: 7 },
      { ...other, v: 2 },
      { ...other, id: undefined },
    ] as unknown[])
      await expect(log.append(wrong as AuditEvent)).rejects.toThrow(TypeError);
    await expect(log.append({ ...other, actor_sub: '中'.repeat(90_000) })).rejects.toThrow(RangeError);
    await begun(1);
    expect((await lines()).trim().split('\n')).toHaveLength(2);
  });

  it('and has a short line that is no record is broken, and verifying it says where', async () => {
    await begun(1);
    await log.close();
    await appendFile(join(records(), `${'0'.repeat(20)}.jsonl`), 'x\n');
    const { state, problems } = await verifyAuditLog(join(directory, 'a'));
    expect(state).toBe('broken');
    expect(problems.map(({ seq }) => seq)).toContain(3);
  });
});
