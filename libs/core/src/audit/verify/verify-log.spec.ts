import { sign } from 'node:crypto';
import { appendFile, cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditEvent } from '../audit-detail.js';
import { type AuditEvent } from '../audit-event.js';
import { FileAuditLog, type FileAuditLogOptions } from '../file.audit-log.js';
import { signatureLine, timedSignature, witnessMessage } from '../proof/note.js';
import { verifyReceipt } from '../proof/receipt.js';
import { formatVerifierKey, verifierKey } from '../proof/verifier-key.js';
import { type CheckpointAnchor, folderAnchor } from '../tree/checkpoint-anchor.js';
import { checkpointSigner } from '../tree/checkpoint-key.js';
import { makeReceipt } from './make-receipt.js';
import { verifyAuditLog } from './verify-log.js';
import { newKeyPair } from '../../key-pair.js';

let directory: string;
const place = (name: string) => join(directory, name);
const event = (handler: string): AuditEvent => ({
  ...auditEvent('shop', { type: 'mcp.request', outcome: 'started', subject: null, handler }, new Date(0).toISOString()),
  actor_sub: 'alice',
});
const openLog = (options: Partial<FileAuditLogOptions> = {}) =>
  new FileAuditLog({ directory, instance: 'log', anchor: folderAnchor(place('anchor')), ...options });

/** A log of so many records, with a checkpoint after each part, that its process has closed. */
async function write(parts: readonly number[], options: Partial<FileAuditLogOptions> = {}): Promise<void> {
  const log = openLog(options);
  for (const count of parts) {
    await Promise.all(Array.from({ length: count }, (_, i) => log.append(event(`tool-${i}`))));
    await log.checkpoint();
  }
  await log.close();
}

const segments = async () => (await readdir(place('log/records'))).sort().map(name => place(`log/records/${name}`));
async function editLines(edit: (lines: string[]) => string[]): Promise<void> {
  const [path] = await segments();
  const lines = (await readFile(path!, 'utf8')).trimEnd().split('\n');
  await writeFile(path!, `${edit(lines).join('\n')}\n`);
}
/** The tree and its checkpoints anew, as whoever has the folder and the key can make them. */
async function forge(edit: (lines: string[]) => string[]): Promise<void> {
  for (const name of ['tile', 'checkpoint', 'checkpoints']) await rm(place(`log/${name}`), { recursive: true });
  await editLines(edit);
  const log = openLog({ anchor: undefined });
  await log.open();
  await log.checkpoint();
  await log.close();
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'eie-verify-'));
  await mkdir(place('anchor'));
});
afterEach(() => rm(directory, { recursive: true }));

describe('a log that nobody has touched', () => {
  it('is self-consistent by itself, and anchored where its checkpoints are kept elsewhere', async () => {
    await write([10, 300, 700]);
    expect(await verifyAuditLog(place('log'))).toMatchObject({
      state: 'self-consistent',
      first: 0,
      size: 1012,
      checkpoints: 4,
      coveredUntil: 1012,
      anchoredUntil: 0,
      key: { isTrusted: false },
      problems: [],
    });
    expect(await verifyAuditLog(place('log'), { anchors: [place('anchor')] })).toMatchObject({
      state: 'anchored',
      anchoredUntil: 1012,
    });
  });

  it('is anchored by the signature of a witness that is kept with the checkpoint', async () => {
    const { privateKey } = newKeyPair('ed25519');
    const key = await verifierKey('witness.example', 'witness', checkpointSigner(privateKey).publicKey);
    const anchor: CheckpointAnchor = {
      name: 'witness',
      async publish(checkpoint) {
        const message = witnessMessage(checkpoint.slice(0, checkpoint.indexOf('\n\n') + 1), 7);
        return signatureLine(key, timedSignature(7, sign(null, message, privateKey)));
      },
    };
    await write([5], { anchor });
    const witnesses = [formatVerifierKey(key)];
    expect(await verifyAuditLog(place('log'), { witnesses })).toMatchObject({ state: 'anchored', anchoredUntil: 7 });
    expect(await verifyAuditLog(place('log'))).toMatchObject({ state: 'self-consistent' });
    const verdict = await verifyReceipt(await makeReceipt(place('log'), 3), { witnesses });
    expect(verdict).toMatchObject({ verdict: 'witnessed', witnesses: [{ name: 'witness.example', time: 7 }] });
  });

  it('goes on over restarts and segments, and after the loss of its tiles', async () => {
    await write([300], { segmentSize: 20_000 });
    await rm(place('log/tile'), { recursive: true });
    await write([300], { segmentSize: 20_000 });
    expect((await segments()).length).toBeGreaterThan(2);
    expect(await verifyAuditLog(place('log'), { anchors: [place('anchor')] })).toMatchObject({
      state: 'anchored',
      // Each segment but the first begins with a record of its own, and each process with one, and ends with one.
      size: 2 * 302 + (await segments()).length - 1,
    });
  });

  it('says up to where it is covered while it is written', async () => {
    const log = openLog();
    await log.append(event('covered'));
    await log.checkpoint();
    await log.append(event('later'));
    expect(await verifyAuditLog(place('log'))).toMatchObject({ state: 'self-consistent', size: 3, coveredUntil: 2 });
    await log.close();
  });

  it('is verified from where it is kept, by the tiles of what retention has removed', async () => {
    let now = Date.now();
    const log = openLog({ keepFor: 100, clock: () => now });
    for (let i = 0; i < 4; i++) {
      await Promise.all(Array.from({ length: 300 }, () => log.append(event('x'))));
      await log.checkpoint();
      now += 90_000;
      await log.rotate();
    }
    await log.append(event('last'));
    await log.close();
    const verified = await verifyAuditLog(place('log'), { anchors: [place('anchor')] });
    expect(verified).toMatchObject({ state: 'anchored', problems: [] });
    expect(verified.first).toBeGreaterThan(0);
  });

  it('is anchored, and gives a receipt of its last record, after the clock was set back over midnight', async () => {
    const midnight = Date.UTC(2026, 11, 1);
    for (const now of [midnight - 9, midnight + 1, midnight - 2, midnight + 9]) await write([5], { clock: () => now });
    const verified = await verifyAuditLog(place('log'), { anchors: [place('anchor')] });
    expect(verified).toMatchObject({ state: 'anchored', size: 4 * 7, problems: [] });
    const midnights = await verifyReceipt(await makeReceipt(place('log'), 4 * 7 - 1));
    expect(midnights).toMatchObject({ verdict: 'operator' });
  });
});

describe('an anchor', () => {
  it('that is away costs no record and no checkpoint here, and the operator is told once', async () => {
    const told: string[] = [];
    const anchor: CheckpointAnchor = {
      name: 'away',
      publish: () => Promise.reject(new Error('away')),
      newest: () => Promise.reject(new Error('away')),
    };
    const log = openLog({ anchor, diagnostics: { report: ({ message }) => void told.push(message) } });
    for (let i = 0; i < 3; i++) {
      await log.append(event('x'));
      await log.checkpoint();
    }
    await log.close();
    expect(await verifyAuditLog(place('log'))).toMatchObject({ state: 'self-consistent', checkpoints: 4 });
    // Once when it was asked at the start, and once when it was given the first checkpoint.
    expect(told).toEqual(Array(2).fill(expect.stringContaining('checkpoints do not get to audit.anchor away (Error)')));
  });

  it('that takes checkpoints again is told to the operator, once', async () => {
    const told: string[] = [];
    let isAway = true;
    const anchor: CheckpointAnchor = {
      name: 'witness',
      publish: () => (isAway ? Promise.reject(new Error('away')) : Promise.resolve()),
    };
    const log = openLog({ anchor, diagnostics: { report: ({ message }) => void told.push(message) } });
    for (let i = 0; i < 3; i++) {
      await log.append(event('x'));
      await log.checkpoint();
      isAway = false;
    }
    await log.close();
    expect(told.slice(1)).toEqual([expect.stringContaining('audit.anchor witness takes checkpoints again.')]);
  });

  it('is a folder that is there: one that is missing is not made, since a volume may not be mounted', async () => {
    const told: string[] = [];
    const anchor = folderAnchor(place('not-mounted'));
    await write([3], { anchor, diagnostics: { report: ({ message }) => void told.push(message) } });
    expect(told).toEqual([expect.stringContaining(`there is no folder ${place('not-mounted')}: mount it, or make it`)]);
    expect(await readdir(directory)).not.toContain('not-mounted');
  });

  it('that answers with what is no checkpoint keeps the log from starting', async () => {
    const anchor: CheckpointAnchor = {
      name: 'odd',
      publish: () => Promise.resolve(),
      newest: () => Promise.resolve('<html>'),
    };
    await expect(openLog({ anchor }).open()).rejects.toMatchObject({ code: 'audit_log_changed' });
  });

  it('that is slow gets the newest checkpoint next, and no queue of old ones', async () => {
    const sizes: number[] = [];
    const anchor: CheckpointAnchor = {
      name: 'slow',
      async publish(note) {
        sizes.push(Number(note.split('\n')[1]));
        await new Promise(resolve => setTimeout(resolve, 50));
      },
    };
    const log = openLog({ anchor });
    const asked: Promise<void>[] = [];
    for (let i = 0; i < 30; i++) {
      await log.append(event('x'));
      asked.push(log.checkpoint());
    }
    await Promise.all(asked);
    await log.close();
    expect(sizes.length).toBeLessThan(12);
    expect(sizes.at(-1)).toBe(32);
  });
});

describe('a receipt', () => {
  it('is made of every record that a checkpoint covers, and is the word of the operator', async () => {
    await write([300, 5]);
    for (const seq of [0, 1, 255, 256, 300, 306]) {
      const { verdict, record } = await verifyReceipt(await makeReceipt(place('log'), seq));
      expect([verdict, record?.seq]).toEqual(['operator', seq]);
    }
    await expect(makeReceipt(place('log'), 307)).rejects.toThrow(/Record 307 is not in/);
  });
});

describe('a log that was changed', () => {
  beforeEach(() => write([300, 50]));
  const broken = async () => {
    const verified = await verifyAuditLog(place('log'), { anchors: [place('anchor')] });
    expect(verified.state).toBe('broken');
    return verified.problems;
  };

  it.each<[string, number, (lines: string[]) => string[]]>([
    ['a record is edited', 7, lines => lines.with(7, lines[7]!.replace('alice', 'bob'))],
    ['a record is edited in the last tile', 330, lines => lines.with(330, lines[330]!.replace('alice', 'bob'))],
    ['a record is dropped', 9, lines => lines.toSpliced(9, 1)],
    ['two records are swapped', 11, lines => lines.with(11, lines[12]!).with(12, lines[11]!)],
    ['a record is there twice', 14, lines => lines.toSpliced(14, 0, lines[13]!)],
    ['a record is added', 20, lines => lines.toSpliced(20, 0, lines[20]!.replace('alice', 'bob'))],
    ['the end is cut off', 351, lines => lines.slice(0, -1)],
    ['all is cut off', 1, lines => lines.slice(0, 1)],
  ])('is broken when %s, and the first wrong record is named', async (_, seq, edit) => {
    await editLines(edit);
    expect((await broken()).find(problem => problem.seq !== undefined)).toMatchObject({ seq });
  });

  it('does not start when its end was changed', async () => {
    await editLines(lines => lines.with(330, lines[330]!.replace('alice', 'bob')));
    await expect(openLog().open()).rejects.toMatchObject({ code: 'audit_log_changed' });
  });

  it('is broken when a segment is missing', async () => {
    const log = openLog();
    await log.append(event('x'));
    await log.rotate();
    await log.append(event('y'));
    await log.close();
    await rm((await segments()).at(-1)!);
    expect(await broken()).toContainEqual({
      seq: expect.any(Number),
      what: expect.stringContaining('records are missing at the end'),
    });
  });

  it('is broken when its first segment is missing, and retention has not removed it', async () => {
    const log = openLog();
    await log.rotate();
    await log.append(event('y'));
    await log.close();
    await rm((await segments())[0]!);
    expect(await broken()).toContainEqual({ seq: 0, what: expect.stringContaining('keeps its records from 0 on') });
  });

  it('is broken when a byte of a tile is another one', async () => {
    const path = place('log/tile/0/000');
    const tile = await readFile(path);
    tile[99]! ^= 1;
    await writeFile(path, tile);
    expect(await broken()).toMatchObject([{ seq: 3, what: expect.stringContaining('Tile 0 of level 0') }]);
  });

  it.each<[string, (text: string) => string, RegExp]>([
    ['its size', text => text.replace('\\n301\\n', '\\n300\\n'), /signature .* is missing or wrong/],
    [
      'its signature',
      text => text.replace(/(?<=— \S+ .{20})./, one => (one === 'A' ? 'B' : 'A')),
      /signature .* is missing or wrong/,
    ],
    ['all of it', () => '"text"\n', /cannot be read/],
  ])('is broken when of a checkpoint %s is another one', async (_, edit, what) => {
    const [name] = await readdir(place('log/checkpoints'));
    const path = place(`log/checkpoints/${name}`);
    await writeFile(path, edit(await readFile(path, 'utf8')));
    expect((await broken()).map(problem => problem.what)).toContainEqual(expect.stringMatching(what));
  });

  it('is broken for a reader who knows another key', async () => {
    const { privateKey } = newKeyPair('ed25519');
    const key = await verifierKey(
      (await verifyAuditLog(place('log'))).origin!,
      'log',
      checkpointSigner(privateKey).publicKey,
    );
    expect(await verifyAuditLog(place('log'), { key: formatVerifierKey(key) })).toMatchObject({
      state: 'broken',
      key: { isTrusted: true },
    });
  });

  it('fits together after whoever has the folder and the key has written it anew: the copy outside finds it', async () => {
    await forge(lines => lines.with(7, lines[7]!.replace('alice', 'bob')));
    expect(await verifyAuditLog(place('log'))).toMatchObject({ state: 'self-consistent' });
    expect(await broken()).toMatchObject([{ what: expect.stringContaining(`that ${place('anchor')} has`) }, {}, {}]);
    await expect(openLog().open()).rejects.toMatchObject({ code: 'audit_log_changed' });
  });

  it('is found when it was rolled back to an earlier state with all its files', async () => {
    await cp(place('log'), place('before'), { recursive: true });
    await write([40]);
    await rm(place('log'), { recursive: true });
    await cp(place('before'), place('log'), { recursive: true });
    expect(await verifyAuditLog(place('log'))).toMatchObject({ state: 'self-consistent' });
    expect(await broken()).toContainEqual({
      seq: expect.any(Number),
      what: expect.stringContaining('records are missing at the end'),
    });
    await expect(openLog().open()).rejects.toMatchObject({ code: 'audit_log_changed' });
  });

  it('is not anchored by a place that has no checkpoint of it', async () => {
    await appendFile(place('empty'), '');
    const verified = await verifyAuditLog(place('log'), { anchors: [place('nowhere')] });
    expect(verified.problems).toEqual([
      { what: expect.stringContaining(`${place('nowhere')} has no checkpoint of this log.`) },
    ]);
  });
});
