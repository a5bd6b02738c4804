import { mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuditEvent, auditEvent } from './audit-event.js';
import { FileAuditLog } from './file.audit-log.js';

let folder: string;
let log: FileAuditLog;
const event = (handler: string): AuditEvent =>
  auditEvent('shop', { type: 'execution.intent', outcome: 'started', subject: null, handler }, new Date(0));
const lines = async (path = log.path) => (await readFile(path, 'utf8')).split('\n');

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'eie-audit-'));
  log = new FileAuditLog(join(folder, 'deep', 'er', 'audit.jsonl'));
});
afterEach(async () => {
  await log.close().catch(() => undefined);
  await rm(folder, { recursive: true });
});

describe('FileAuditLog', () => {
  it('keeps every record on a line of its own, in the order of the calls', async () => {
    const names = Array.from({ length: 200 }, (_, i) => `tool-${i}`);
    await Promise.all(names.map(name => log.append(event(name))));
    await log.append(event('last'));
    const all = await lines();
    expect(all.pop()).toBe('');
    expect(all.map(line => (JSON.parse(line) as AuditEvent).handler)).toEqual([...names, 'last']);
  });

  it('has the record in the file when append resolves', async () => {
    await log.append(event('now'));
    expect(await lines()).toEqual([JSON.stringify(event('now')), '']);
  });

  it('cannot be talked into a second line by what it records', async () => {
    await log.append(event('a\n{"type":"execution.outcome"}\r\u2028'));
    expect(await lines()).toHaveLength(2);
  });

  it('makes a file that only its owner can read, in folders it makes', async () => {
    await log.append(event('x'));
    expect((await stat(log.path)).mode & 0o777).toBe(0o600);
  });

  it('appends to what was there', async () => {
    await log.append(event('first'));
    await log.close();
    const next = new FileAuditLog(log.path);
    await next.append(event('second'));
    await next.close();
    expect((await lines()).map(line => line && (JSON.parse(line) as AuditEvent).handler)).toEqual([
      'first',
      'second',
      '',
    ]);
  });

  it('rejects every record that it cannot write, and writes again once it can, without the lost ones', async () => {
    await mkdir(log.path, { recursive: true });
    for (const result of await Promise.allSettled([log.append(event('lost')), log.append(event('lost too'))]))
      expect(result.status).toBe('rejected');
    await expect(log.append(event('lost again'))).rejects.toThrow();
    await rm(log.path, { recursive: true });
    await log.append(event('kept'));
    expect(await lines()).toEqual([JSON.stringify(event('kept')), '']);
  });

  it('closes after what was appended before, and without having been used', async () => {
    void log.append(event('late'));
    await log.close();
    expect(await lines()).toHaveLength(2);
    await expect(new FileAuditLog(join(folder, 'never.jsonl')).close()).resolves.toBeUndefined();
  });
});
