import { jest } from '@jest/globals';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditEvent } from '../audit-detail.js';
import { type AuditEvent } from '../audit-event.js';
import { FileAuditLog, type FileAuditLogOptions } from '../file.audit-log.js';
import { type AuditRecord } from '../log/record-line.js';
import { auditExporterConformance } from './audit-exporter.conformance.js';
import { type AuditExporter } from './audit-exporter.js';

/** A destination that can be away, and keeps one record of each id. */
class Destination implements AuditExporter {
  readonly records = new Map<string, AuditRecord>();
  readonly batches: number[] = [];
  isDown = false;
  answer: Promise<void> = Promise.resolve();

  constructor(readonly name = 'destination') {}

  async export(records: readonly AuditRecord[]): Promise<void> {
    await this.answer;
    if (this.isDown) throw new Error('away');
    this.batches.push(records.length);
    for (const record of records) this.records.set(record.id, record);
  }

  get seqs(): number[] {
    return [...this.records.values()].map(({ seq }) => seq);
  }
}

let directory: string;
const opened: FileAuditLog[] = [];
const event = (): AuditEvent => ({
  ...auditEvent('shop', { type: 'mcp.request', outcome: 'started', subject: null }, new Date().toISOString()),
  actor_sub: 'alice',
});
function openLog(exporters: AuditExporter[], options: Partial<FileAuditLogOptions> = {}): FileAuditLog {
  const log = new FileAuditLog({ directory, instance: 'log', exporters, ...options });
  opened.push(log);
  return log;
}
const write = (log: FileAuditLog, count: number) =>
  Promise.all(Array.from({ length: count }, () => log.append(event())));
const upTo = (count: number) => Array.from({ length: count }, (_, i) => i);
async function until(isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + 5000; !isSo() && Date.now() < end;)
    await new Promise(resolve => setTimeout(resolve, 10));
}

beforeEach(async () => void (directory = await mkdtemp(join(tmpdir(), 'eie-export-'))));
afterEach(async () => {
  for (const log of opened.splice(0)) await log.close().catch(() => undefined);
  await rm(directory, { recursive: true });
});

describe('an exporter of the log', () => {
  it('gets every record in its order, over segments, in batches of at most 500', async () => {
    const destination = new Destination();
    const log = openLog([destination], { segmentSize: 50_000 });
    // Nothing is taken until all is written: a full batch at least is waiting then, however slow the writing was.
    let take = (): void => undefined;
    destination.answer = new Promise(resolve => (take = resolve));
    await write(log, 1200);
    take();
    await log.close();
    expect(destination.seqs).toEqual(upTo(destination.records.size));
    expect(destination.records.size).toBeGreaterThanOrEqual(1202);
    expect(Math.max(...destination.batches)).toBe(500);
  });

  it('never holds up a call: one that does not answer costs nothing but its copy', async () => {
    let answer = (): void => undefined;
    const destination = new Destination();
    destination.answer = new Promise<void>(resolve => (answer = resolve));
    const log = openLog([destination]);
    await write(log, 10);
    await new Promise(resolve => setTimeout(resolve, 100));
    await write(log, 10);
    expect(destination.records.size).toBe(0);
    answer();
    await until(() => destination.records.size >= 21);
    expect(destination.seqs.slice(0, 21)).toEqual(upTo(21));
  });

  it('misses nothing while its destination is away, and the operator is told once', async () => {
    const destination = new Destination();
    destination.isDown = true;
    const told: string[] = [];
    const log = openLog([destination], { diagnostics: { report: ({ message }) => void told.push(message) } });
    await write(log, 5);
    await until(() => told.length > 0);
    await write(log, 5);
    destination.isDown = false;
    await until(() => destination.records.size >= 11 && told.length > 1);
    expect(destination.seqs).toEqual(upTo(11));
    expect(told).toEqual([
      expect.stringContaining('"destination" does not take records'),
      expect.stringContaining('"destination" takes records again'),
    ]);
  });

  it('goes on after a restart where it was, and gets again at most what it has not confirmed', async () => {
    const destination = new Destination();
    let log = openLog([destination]);
    await write(log, 5);
    await log.close();
    const { seq } = JSON.parse(await readFile(join(directory, 'log/exporters/destination.json'), 'utf8')) as {
      seq: number;
    };
    expect(seq).toBe(7);
    const again = new Destination();
    log = openLog([again]);
    await write(log, 3);
    await log.close();
    expect(again.seqs).toEqual([7, 8, 9, 10, 11]);
  });

  it('gets every record that follows where a loss of power has taken some that it had got, and the operator is told', async () => {
    await write(openLog([new Destination()], { durability: 'process-crash' }), 20);
    await opened[0]!.close();
    const segment = join(directory, 'log/records/00000000000000000000.jsonl');
    const lines = (await readFile(segment, 'utf8')).split('\n');
    await writeFile(segment, `${lines.slice(0, 15).join('\n')}\n`);
    // Their checkpoint was not made yet.
    for (const made of ['tile', 'checkpoint', 'checkpoints'])
      await rm(join(directory, 'log', made), { recursive: true });
    const [destination, told] = [new Destination(), [] as string[]];
    const log = openLog([destination], { diagnostics: { report: ({ message }) => void told.push(message) } });
    await write(log, 10);
    await log.close();
    expect(destination.seqs.filter(seq => seq >= 15)).toEqual([15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26]);
    expect(told).toEqual([expect.stringContaining('"destination" was further than the log is now')]);
  });

  it.each(['', '{}', '{"first":0,"seq":3,"offset":7}'])(
    'gets all records again where its cursor is damaged, and stops no process: %j',
    async cursor => {
      await write(openLog([new Destination()]), 5);
      await opened[0]!.close();
      await writeFile(join(directory, 'log/exporters/destination.json'), cursor);
      const destination = new Destination();
      const log = openLog([destination]);
      await write(log, 2);
      await log.close();
      expect(destination.seqs).toEqual(upTo(11));
    },
  );

  it('gets what is before a record that somebody has changed, nothing else in its place, and the operator is told which one', async () => {
    const [destination, told] = [new Destination(), [] as string[]];
    destination.isDown = true;
    const log = openLog([destination], { diagnostics: { report: ({ message }) => void told.push(message) } });
    await write(log, 5);
    await log.rotate();
    await write(log, 5);
    await until(() => told.length > 0);
    const segment = join(directory, 'log/records/00000000000000000000.jsonl');
    await writeFile(segment, (await readFile(segment, 'utf8')).replace('{"seq":3,', '{"seq":9,'));
    destination.isDown = false;
    await until(() => told.length > 1);
    expect(destination.seqs).toEqual(upTo(3));
    expect(told).toEqual([
      expect.stringContaining('"destination" does not take records'),
      expect.stringMatching(
        /"destination" gets no records: Record 3 in .*\.jsonl is not as it was written\. It is tried again/,
      ),
    ]);
  });

  it.each([
    ['the same name as another', ['postgres', 'postgres']],
    ['a name that leads out of its folder', ['../postgres']],
    ['no name', ['']],
  ])('is refused with %s: it would miss what another has got', (_what, names) => {
    expect(() => openLog(names.map(name => new Destination(name)))).toThrow('needs a name of its own');
  });

  it('begins with the first record when it is new, beside others that go on', async () => {
    await write(openLog([new Destination()]), 5);
    await opened[0]!.close();
    const [known, added] = [new Destination(), new Destination('added')];
    const log = openLog([known, added]);
    await log.open();
    await log.close();
    expect(added.seqs).toEqual(upTo(9));
    expect(known.seqs).toEqual([7, 8]);
  });

  it('holds up the end of its process for half a minute at most, and gets the rest after the next start', async () => {
    await write(openLog([]), 1_900);
    await opened[0]!.close();
    const [clock, slow] = [performance.now.bind(performance), new Destination()];
    let late = 0;
    jest.spyOn(performance, 'now').mockImplementation(() => clock() + late);
    const first = openLog([{ name: slow.name, export: records => ((late += 31_000), slow.export(records)) }]);
    await first.open();
    await first.close();
    jest.restoreAllMocks();
    // One of them may have begun before the log was closed.
    expect([1, 2]).toContain(slow.batches.length);
    await openLog([slow]).open();
    await opened[2]!.close();
    expect(slow.seqs).toEqual(upTo(1_906));
  });

  it('keeps what it has not taken from retention', async () => {
    let now = Date.now();
    const destination = new Destination();
    destination.isDown = true;
    const log = openLog([destination], { keepFor: 100, clock: () => now });
    for (let i = 0; i < 4; i++) {
      await write(log, 300);
      await log.checkpoint();
      now += 90_000;
      await log.rotate();
    }
    await write(log, 1);
    destination.isDown = false;
    await until(() => destination.records.size > 1200);
    await log.close();
    expect(destination.seqs).toEqual(upTo(destination.records.size));
    expect(destination.records.size).toBeGreaterThan(1200);
  });
});

describe('the conformance test of exporters', () => {
  it.each(
    auditExporterConformance(async () => {
      const exporter = new Destination();
      return {
        exporter,
        received: () => Promise.resolve([...exporter.records.keys()]),
        interrupt: isDown => void (exporter.isDown = isDown),
      };
    }),
  )('is passed by a destination that keeps its promises: $name', ({ run }) => run());

  it('is not passed by one that forgets, or that keeps a record twice', async () => {
    const forgetful = auditExporterConformance(async () => ({
      exporter: { name: 'x', export: () => Promise.resolve() },
      received: () => Promise.resolve([]),
    }));
    const results = await Promise.allSettled(forgetful.map(({ run }) => run()));
    expect(results.filter(({ status }) => status === 'rejected')).toHaveLength(2);
    const twice = auditExporterConformance(async () => {
      const ids: string[] = [];
      return {
        exporter: { name: 'x', export: async records => void ids.push(...records.map(({ id }) => id)) },
        received: () => Promise.resolve(ids),
      };
    });
    expect(
      (await Promise.allSettled(twice.map(({ run }) => run()))).filter(({ status }) => status === 'rejected'),
    ).toHaveLength(1);
  });
});
