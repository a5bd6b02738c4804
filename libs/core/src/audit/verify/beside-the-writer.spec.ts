import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuditEvent } from '../audit-event.js';
import { FileAuditLog } from '../file.audit-log.js';
import { type AuditFiles } from '../log/audit-files.js';
import { nodeFiles } from '../log/node-files.js';
import { verifyReceipt } from '../proof/receipt.js';
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
function goingOn(operation: keyof AuditFiles, path: string, count: number): AuditFiles {
  let isDone = false;
  return new Proxy(nodeFiles, {
    get:
      (files, name: keyof AuditFiles) =>
      async (...given: [string]): Promise<unknown> => {
        const result: unknown = await (files[name] as (...all: unknown[]) => Promise<unknown>)(...given);
        if (isDone || name !== operation || !given[0].startsWith(join(folder(), path))) return result;
        isDone = true;
        await write(count);
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
    expect(await verifyAuditLog(folder(), { files: goingOn(operation, path, count) })).toMatchObject({
      state: 'self-consistent',
      problems: [],
    });
  });

  it.each(MOMENTS)('gives a receipt when a checkpoint is made after %s', async (_, operation, path, count) => {
    const receipt = await makeReceipt(folder(), 2, goingOn(operation, path, count));
    expect(await verifyReceipt(receipt)).toMatchObject({ verdict: 'operator' });
  });
});
