import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../../test/until.js';
import { type AuditEvent } from '../audit-event.js';
import { FileAuditLog } from '../file.audit-log.js';
import { type AuditFiles } from '../log/audit-files.js';
import { nodeFiles } from '../log/node-files.js';
import { verifyReceipt } from '../proof/receipt.js';
import { linesOf } from '../log/read-records.js';
import { makeReceipt } from './make-receipt.js';
import { verifyAuditLog } from './verify-log.js';

const event = (): AuditEvent => ({ v: 1, id: randomUUID(), type: 'mcp.request', outcome: 'started' }) as AuditEvent;

let directory: string;
let log: FileAuditLog;
const folder = () => join(directory, 'log');

async function write(count: number): Promise<void> {
  await Promise.all(Array.from({ length: count }, () => log.append(event())));
  await log.checkpoint();
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'eie-beside-'));
  log = new FileAuditLog({ directory, instance: 'log' });
  await write(20);
});
afterEach(async () => {
  await log.close();
  await rm(directory, { recursive: true });
});

/** The reader's files; behind the first such look at them the writer goes on. */
function goingOn(operation: keyof AuditFiles, path: string, act: () => Promise<void>): AuditFiles {
  let isDone = false;
  return new Proxy(nodeFiles, {
    get:
      (files, name: keyof AuditFiles) =>
      async (...given: [string]): Promise<unknown> => {
        const result: unknown = await (files[name] as (...all: unknown[]) => Promise<unknown>)(...given);
        if (isDone || name !== operation || !given[0].startsWith(join(folder(), path))) return result;
        isDone = true;
        await act();
        return result;
      },
  });
}

const MOMENTS: [string, keyof AuditFiles, string, number][] = [
  ['the checkpoints were read', 'read', 'checkpoints/', 5],
  ['the last record was read', 'read', 'records/', 5],
  ['the part of a tile was found', 'list', 'tile/0/000.p', 5],
  ['the part of a tile was found, and fills it', 'list', 'tile/0/000.p', 400],
  ['a tile was found not to be full, and fills it', 'state', 'tile/0/000', 400],
];

describe('a log that is written while it is read', () => {
  it.each(MOMENTS)('is not called broken when a checkpoint is made after %s', async (_, operation, path, count) => {
    expect(await verifyAuditLog(folder(), { files: goingOn(operation, path, () => write(count)) })).toMatchObject({
      state: 'self-consistent',
      problems: [],
    });
  });

  it.each(MOMENTS)('gives a receipt when a checkpoint is made after %s', async (_, operation, path, count) => {
    const receipt = await makeReceipt(
      folder(),
      2,
      goingOn(operation, path, () => write(count)),
    );
    expect(await verifyReceipt(receipt)).toMatchObject({ verdict: 'operator' });
  });
});

describe('a log of which retention removes segments while it is read', () => {
  let now = Date.now();
  const segments = () => nodeFiles.list(join(folder(), 'records')).then(names => names.sort());
  const purge = async () => {
    const before = await segments();
    for (let i = 0; i < 2; i++) {
      now += 1_000_000;
      await log.rotate();
      await write(2);
    }
    await until(async () => !(await segments()).includes(before[1]!));
  };

  beforeEach(async () => {
    await log.close();
    log = new FileAuditLog({ directory, instance: 'log', keepFor: 100, clock: () => now });
    for (let i = 0; i < 5; i++) {
      await log.rotate();
      await write(100);
    }
  });

  it.each([
    ['the segments are listed', 'list', 'records'],
    ['the first one is read', 'read', 'records/'],
  ] as const)('is not called broken after %s', async (_, operation, path) => {
    const verified = await verifyAuditLog(folder(), { files: goingOn(operation, path, purge) });
    expect(verified).toMatchObject({ state: 'self-consistent', problems: [] });
    expect(verified.first).toBeGreaterThan(0);
  });

  it('is read on, from what is left', async () => {
    const read: number[] = [];
    for await (const { seq } of linesOf(folder(), 0, goingOn('read', 'records/', purge))) read.push(seq);
    expect(read[0]).toBe(0);
    expect(read.at(-1)).toBeGreaterThan(500);
  });

  it('is not read on where somebody has removed another segment', async () => {
    const names = await segments();
    const remove = () => rm(join(folder(), 'records', names[3]!));
    const read = async () => {
      for await (const line of linesOf(folder(), 0, goingOn('read', 'records/', remove))) void line;
    };
    await expect(read()).rejects.toMatchObject({ code: 'audit_log_changed' });
  });
});
