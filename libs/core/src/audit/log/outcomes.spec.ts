import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '../../../test/until.js';
import { type Diagnostic } from '../../ports/diagnostics.js';
import { auditEvent } from '../audit-detail.js';
import { type AuditEvent } from '../audit-event.js';
import { FileAuditLog } from '../file.audit-log.js';
import { type AuditFiles } from './audit-files.js';
import { nodeFiles } from './node-files.js';

const AT = '1970-01-01T00:00:00.000Z';
const intent = (handler: string): AuditEvent =>
  auditEvent('shop', { type: 'execution.intent', outcome: 'started', subject: null, handler }, AT);
const outcomeOf = ({ id, handler }: AuditEvent): AuditEvent =>
  auditEvent(
    'shop',
    { type: 'execution.outcome', outcome: 'ok', subject: null, handler: handler ?? undefined, intentId: id },
    AT,
  );
const known = (event: AuditEvent): AuditEvent => ({ ...event, actor_issuer: 'https://as.test', actor_sub: 'alice' });

/** The disk of this machine, whose device confirms nothing while a test says so. */
class SlowDevice {
  /** Of files of records. */
  syncs = 0;
  #isBroken = false;
  #held: Promise<void> = Promise.resolve();
  letGo: () => void = () => undefined;

  readonly files: AuditFiles = {
    ...nodeFiles,
    open: async path => {
      const file = await nodeFiles.open(path);
      return Object.assign(Object.create(file) as typeof file, {
        append: (bytes: Uint8Array) => file.append(bytes),
        sync: async () => {
          await this.#held;
          if (this.#isBroken) throw Object.assign(new Error('broken'), { code: 'EIO' });
          await file.sync();
          if (path.includes('records')) this.syncs += 1;
        },
        truncate: (size: number) => file.truncate(size),
        state: () => file.state(),
        close: () => file.close(),
      });
    },
  };

  /** What is asked from now on, until it is let go. @returns how it is let go */
  hold(): () => void {
    this.#held = new Promise(resolve => (this.letGo = resolve));
    return this.letGo;
  }

  break(): void {
    this.#isBroken = true;
  }
}

describe('the outcome of an act', () => {
  let directory: string;
  let device: SlowDevice;
  let log: FileAuditLog;
  let told: Diagnostic[];
  let exported: string[];
  const act = known(intent('order'));
  const signedSizes = async () => {
    const folder = join(directory, 'a', 'checkpoints');
    const names = await readdir(folder).catch(() => []);
    const lines = (await Promise.all(names.map(name => readFile(join(folder, name), 'utf8')))).join('').trim();
    return lines.split('\n').map(line => Number((JSON.parse(line || '""') as string).split('\n')[1]));
  };
  const text = () => readFile(join(directory, 'a', 'records', `${'0'.repeat(20)}.jsonl`), 'utf8');

  beforeEach(async () => {
    directory = await mkdtemp(join(tmpdir(), 'eie-outcomes-'));
    device = new SlowDevice();
    [told, exported] = [[], []];
    log = new FileAuditLog({
      directory,
      instance: 'a',
      files: device.files,
      diagnostics: { report: one => void told.push(one) },
      exporters: [{ name: 'seen', export: async events => void exported.push(...events.map(({ type }) => type)) }],
    });
    await log.append(act);
  });
  afterEach(async () => {
    device.letGo();
    await log.close();
    await rm(directory, { recursive: true });
  });

  it('survives the process when append resolves, before the device has confirmed it', async () => {
    device.hold();
    const outcome = known(outcomeOf(act));
    await log.append(outcome);
    expect(await text()).toContain(outcome.id);
  });

  it('does not wait for an act that came with it', async () => {
    device.hold();
    let hasBegun = false;
    const next = log.append(known(intent('next'))).then(() => (hasBegun = true));
    await log.append(known(outcomeOf(act)));
    expect(hasBegun).toBe(false);
    device.letGo();
    await next;
  });

  it('is confirmed with the next act, and a moment later where there is none', async () => {
    const { syncs } = device;
    await Promise.all([log.append(known(outcomeOf(act))), log.append(known(intent('next')))]);
    expect(device.syncs).toBe(syncs + 1);
    // Until the log has nothing to do.
    await new Promise(resolve => setTimeout(resolve, 20));
    await log.append(known(outcomeOf(act)));
    await until(() => device.syncs > syncs + 1);
    expect(device.syncs).toBe(syncs + 2);
  });

  it('is in no export, and in no checkpoint, before it is confirmed', async () => {
    device.hold();
    await log.append(known(outcomeOf(act)));
    const signed = log.checkpoint();
    await new Promise(resolve => setTimeout(resolve, 50));
    expect(exported).not.toContain('execution.outcome');
    expect(await signedSizes()).not.toContain(3);
    device.letGo();
    await signed;
    expect(await signedSizes()).toContain(3);
    await until(() => exported.includes('execution.outcome'));
  });

  it('is not confirmed by what the device was asked before it was written', async () => {
    const first = device.hold();
    const next = known(intent('next'));
    const begun = log.append(next);
    await until(async () => (await text()).includes(next.id));
    await log.append(known(outcomeOf(act)));
    device.hold();
    first();
    await begun;
    await new Promise(resolve => setTimeout(resolve, 50));
    expect(exported).not.toContain('execution.outcome');
    device.letGo();
    await until(() => exported.includes('execution.outcome'));
  });

  it('is confirmed when flush resolves, which asks the device once, and not again', async () => {
    const { syncs } = device;
    await log.append(known(outcomeOf(act)));
    await Promise.all([log.flush(), log.flush()]);
    await log.flush();
    expect(device.syncs).toBe(syncs + 1);
  });

  it('that the device does not confirm stops the log, and the operator is told at once', async () => {
    device.hold();
    await log.append(known(outcomeOf(act)));
    const flushed = log.flush();
    device.break();
    device.letGo();
    await expect(flushed).rejects.toMatchObject({ code: 'audit_log_stopped' });
    await expect(log.append(known(intent('next')))).rejects.toMatchObject({ code: 'audit_log_stopped' });
  });

  it('that nobody waits for, and the device does not confirm, is told to the operator', async () => {
    device.break();
    await log.append(known(outcomeOf(act)));
    await until(() => told.length > 0);
    expect(told[0]).toMatchObject({ level: 'error', message: expect.stringContaining('did not confirm a write') });
  });
});
