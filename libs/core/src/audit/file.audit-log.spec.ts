import { appendFileSync, readdirSync } from 'node:fs';
import { appendFile, mkdir, mkdtemp, readdir, readFile, rename, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { until } from '../../test/until.js';
import { checkpointSigner } from './tree/checkpoint-key.js';
import { type AuditDetail, auditEvent } from './audit-detail.js';
import { type AuditEvent } from './audit-event.js';
import { FileAuditLog, type FileAuditLogOptions } from './file.audit-log.js';
import { type AuditFile, type AuditFiles } from './log/audit-files.js';
import { nodeFiles } from './log/node-files.js';
import { recordsOf } from './log/read-records.js';
import { type AuditRecord } from './log/record-line.js';
import { newKeyPair } from '../key-pair.js';

let directory: string;
let log: FileAuditLog;
let now = 0;
const identified = { actor_issuer: 'https://as.test', actor_sub: 'alice' };
const event = (handler: string, detail: Partial<AuditDetail> = {}): AuditEvent => ({
  ...auditEvent(
    'shop',
    { type: 'execution.intent', outcome: 'started', subject: null, handler, ...detail },
    new Date(now).toISOString(),
  ),
  ...identified,
});
const stranger = (reason: 'token_expired' | 'claim_missing'): AuditEvent =>
  auditEvent(
    'shop',
    { type: 'admission.refused', outcome: 'refused', subject: null, reason },
    new Date(now).toISOString(),
  );
const folder = () => join(directory, 'a');
const opened: FileAuditLog[] = [];
function openLog(options: Partial<FileAuditLogOptions> = {}): FileAuditLog {
  const one = new FileAuditLog({ directory, instance: 'a', clock: () => now, ...options });
  opened.push(one);
  return one;
}
const segments = async () => (await readdir(join(folder(), 'records'))).map(name => join(folder(), 'records', name));
const segment = () => join(folder(), 'records', readdirSync(join(folder(), 'records')).at(-1)!);
const text = async () => (await Promise.all((await segments()).map(path => readFile(path, 'utf8')))).join('');
async function records(): Promise<AuditRecord[]> {
  const all: AuditRecord[] = [];
  for await (const record of recordsOf(folder())) all.push(record);
  return all;
}
const handlers = async () =>
  (await records()).flatMap(one => ('handler' in one && one.type.endsWith('.intent') ? one.handler : []));
const types = async () => (await records()).map(({ type }) => type);
const refusedAs = (code: string) => expect.objectContaining({ code: `audit_log_${code}` });

/** The file system of this machine, on which a test makes some operation of open files fail. */
function failing(operation: Partial<AuditFile>): AuditFiles {
  return {
    ...nodeFiles,
    async open(path) {
      const file = await nodeFiles.open(path);
      const bound = Object.fromEntries(Object.entries(operation).map(([name, run]) => [name, run.bind(file)]));
      return Object.assign(Object.create(file) as AuditFile, {
        append: file.append.bind(file),
        sync: file.sync.bind(file),
        truncate: file.truncate.bind(file),
        state: file.state.bind(file),
        close: file.close.bind(file),
        ...bound,
      });
    },
  };
}

beforeEach(async () => {
  now = 0;
  directory = await mkdtemp(join(tmpdir(), 'eie-audit-'));
  log = openLog();
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close().catch(() => undefined);
  await rm(directory, { recursive: true, force: true });
});

describe('a log that has no folder of its own', () => {
  it.each(['../other', 'person-keys', '.', '', 'a/b'])('does not begin as %j', async instance => {
    await expect(openLog({ instance }).append(event('a'))).rejects.toThrow('must be a name of letters');
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('a log that has begun', () => {
  it('is not begun anew where its records are gone: the operator is told to put them back', async () => {
    await log.append(event('a'));
    await log.close();
    for (const path of await segments()) await rm(path);
    const anew = openLog();
    await expect(anew.append(event('b'))).rejects.toMatchObject({
      code: 'audit_log_changed',
      message: expect.stringMatching(/its records are gone\. Put the files of .*records back/),
    });
  });

  it('is not signed by another key where its own is gone, and its public key stays', async () => {
    await log.append(event('a'));
    await log.close();
    const publicKey = await readFile(join(folder(), 'checkpoint.pub'), 'utf8');
    await rm(join(folder(), 'checkpoint.key'));
    await expect(openLog().open()).rejects.toMatchObject({
      code: 'audit_log_changed',
      message: expect.stringContaining('checkpoint.key is gone'),
    });
    expect(await readFile(join(folder(), 'checkpoint.pub'), 'utf8')).toBe(publicKey);
  });

  it('is signed by nobody else after it has a checkpoint', async () => {
    await log.append(event('a'));
    await log.close();
    const other = checkpointSigner(newKeyPair('ed25519').privateKey);
    await expect(openLog({ signer: other }).open()).rejects.toMatchObject({
      code: 'audit_log_changed',
      message: expect.stringContaining('is not signed by the key of this log'),
    });
    expect(await readFile(join(folder(), 'checkpoint.pub'), 'utf8')).not.toContain(
      Buffer.from(other.publicKey).toString('base64').slice(4, 30),
    );
    await openLog().append(event('b'));
  });
});

describe('the records of the log', () => {
  it('are lines with numbers without gaps, in the order of the calls', async () => {
    const names = Array.from({ length: 500 }, (_, i) => `tool-${i}`);
    const positions = await Promise.all(names.map(name => log.append(event(name))));
    expect(positions.map(position => position?.seq)).toEqual(names.map((_, i) => i + 1));
    expect(await handlers()).toEqual(names);
    expect((await records()).map(({ seq }) => seq)).toEqual(Array.from({ length: 501 }, (_, i) => i));
  });

  it('are in the file when append resolves, each as it was given', async () => {
    const given = event('now');
    await log.append(given);
    expect((await records())[1]).toEqual({ seq: 1, ...given });
  });

  it('are one line each, whatever the strings in them hold', async () => {
    const hostile = 'a\n{"seq":9}\r\u2028\u2029\u0085\u009b31m\u202e\ufeff\u0000\ud800"\\';
    await log.append(event(hostile));
    const lines = (await text()).split(/[\n\r\u2028\u2029\u0085]/);
    expect(lines).toHaveLength(3);
    expect(lines[1]).toMatch(/^[\x20-\x7e]*$/);
    expect(JSON.parse(lines[1]!)).toMatchObject({ handler: hostile });
  });

  it('begin with what the log is, and end with its orderly end', async () => {
    await log.append(event('x'));
    await log.close();
    expect(await records()).toEqual([
      expect.objectContaining({ seq: 0, type: 'log.opened', instance: 'a', unfinished: 0, set_aside: 0 }),
      expect.objectContaining({ type: 'execution.intent' }),
      expect.objectContaining({ seq: 2, type: 'log.closed' }),
    ]);
  });

  it('are files that only their owner can read, in folders that only their owner can open', async () => {
    await log.append(event('x'));
    for (const path of await segments()) expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder(), 'lock'))).mode & 0o777).toBe(0o600);
    expect((await stat(join(folder(), 'records'))).mode & 0o777).toBe(0o700);
  });

  it('go on after a restart, in the same log and with the next number', async () => {
    await log.append(event('first'));
    await log.close();
    log = openLog();
    expect(await log.append(event('second'))).toMatchObject({ seq: 5 });
    const logs = (await records()).flatMap(record => ('log' in record ? record.log : []));
    expect(new Set(logs).size).toBe(1);
    expect(await handlers()).toEqual(['first', 'second']);
  });

  it('are confirmed by the device in the default durability, and by the system alone in the other one', async () => {
    let syncs = 0;
    const files = failing({
      async sync() {
        syncs++;
      },
    });
    const device = openLog({ files });
    await device.append(event('x'));
    expect(syncs).toBeGreaterThan(0);
    await device.close();
    log = openLog({ files, durability: 'process-crash' });
    await log.open();
    syncs = 0;
    await log.append(event('x'));
    await log.flush();
    expect(syncs).toBe(0);
  });
});

describe('a log that cannot be written', () => {
  it('refuses each record, and takes records again once it can, without a trace of the lost ones', async () => {
    await rm(directory, { recursive: true });
    await writeFile(directory, '');
    for (const result of await Promise.allSettled([log.append(event('lost')), log.append(event('lost too'))]))
      expect(result.status).toBe('rejected');
    await expect(log.open()).rejects.toThrow();
    await rm(directory);
    await log.append(event('kept'));
    expect(await handlers()).toEqual(['kept']);
  });

  it('glues nothing to a line that the disk had room for only in part', async () => {
    let room = Infinity;
    const files = failing({
      append(bytes) {
        appendFileSync(segment(), bytes.subarray(0, room));
        if (room < bytes.length) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
      },
    });
    log = openLog({ files });
    await log.append(event('before'));
    room = 20;
    await expect(log.append(event('torn'))).rejects.toMatchObject({ code: 'ENOSPC' });
    await expect(log.append(event('torn too'))).rejects.toMatchObject({ code: 'ENOSPC' });
    room = Infinity;
    expect(await log.append(event('after'))).toMatchObject({ seq: 2 });
    expect(await handlers()).toEqual(['before', 'after']);
  });

  it('owes the outcome of what has happened, and writes it first when it can be written again', async () => {
    let isFull = false;
    log = openLog({
      files: failing({
        append(bytes) {
          if (isFull) throw Object.assign(new Error('full'), { code: 'ENOSPC' });
          appendFileSync(segment(), bytes);
        },
      }),
    });
    const intent = event('act');
    await log.append(intent);
    isFull = true;
    const outcome = event('act', { type: 'execution.outcome', outcome: 'ok', intentId: intent.id });
    await expect(log.append(outcome)).rejects.toMatchObject({ code: 'ENOSPC' });
    await expect(log.append(event('never'))).rejects.toMatchObject({ code: 'ENOSPC' });
    isFull = false;
    await log.append(event('next'));
    expect((await records()).slice(1).map(record => [record.type, 'handler' in record && record.handler])).toEqual([
      ['execution.intent', 'act'],
      ['execution.outcome', 'act'],
      ['execution.intent', 'next'],
    ]);
  });

  it('stops for good when the device does not confirm a write: a second try could report a success that is none', async () => {
    let isBroken = false;
    log = openLog({
      files: failing({
        async sync() {
          if (isBroken) throw Object.assign(new Error(), { code: 'EIO' });
        },
      }),
    });
    await log.append(event('before'));
    isBroken = true;
    await expect(log.append(event('x'))).rejects.toEqual(refusedAs('stopped'));
    isBroken = false;
    await expect(log.append(event('y'))).rejects.toEqual(refusedAs('stopped'));
    await log.rotate();
    await expect(log.append(event('z'))).rejects.toEqual(refusedAs('stopped'));
  });

  it('refuses more than 10,000 records that wait', async () => {
    log = openLog({
      files: failing({
        sync: () => new Promise(resolve => setTimeout(resolve, 50)),
      }),
    });
    await log.open();
    const all = await Promise.allSettled(Array.from({ length: 10_050 }, () => log.append(event('x'))));
    const refused = all.filter(({ status }) => status === 'rejected');
    expect(refused).toHaveLength(50);
    expect(refused[0]).toMatchObject({ reason: refusedAs('busy') });
  });

  it('refuses what is no record, or a record without end, and goes on with the others', async () => {
    const cyclic = { ...event('x') } as Record<string, unknown>;
    cyclic.self = cyclic;
    const wrong = [{}, null, 'text', { type: 1 }, cyclic, event('x'.repeat(300_000))] as AuditEvent[];
    for (const one of wrong) await expect(log.append(one)).rejects.toThrow();
    await log.append(event('after'));
    expect(await handlers()).toEqual(['after']);
  });

  it('takes nothing more after its end', async () => {
    await log.append(event('x'));
    await log.close();
    await expect(log.append(event('late'))).rejects.toEqual(refusedAs('closed'));
    await expect(log.open()).rejects.toEqual(refusedAs('closed'));
  });
});

describe('a file that somebody else touches while it is written', () => {
  beforeEach(() => log.append(event('before')));

  it.each<[string, (path: string) => Promise<unknown>]>([
    ['renamed', path => rename(path, `${path}.1`)],
    ['removed', path => rm(path)],
    ['cut', path => truncate(path, 10)],
    ['replaced', path => rm(path).then(() => writeFile(path, ''))],
    ['written', path => appendFile(path, 'x')],
  ])('is noticed before the next act when it was %s', async (_, touch) => {
    await touch((await segments())[0]!);
    await expect(log.append(event('act'))).rejects.toEqual(refusedAs('changed'));
    await expect(log.append(event('act'))).rejects.toEqual(refusedAs('changed'));
  });

  it('is written again when it has been put back', async () => {
    const [path] = await segments();
    await rename(path!, `${path}.1`);
    await expect(log.append(event('lost'))).rejects.toEqual(refusedAs('changed'));
    await log.rotate();
    await expect(log.append(event('lost'))).rejects.toEqual(refusedAs('changed'));
    await rename(`${path}.1`, path!);
    await log.append(event('after'));
    expect(await handlers()).toEqual(['before', 'after']);
  });

  it('stops the writer whose lock was taken', async () => {
    await rm(join(folder(), 'lock'));
    for (let i = 0; i < 2; i++) await expect(log.append(event('act'))).rejects.toEqual(refusedAs('locked'));
    await log.rotate();
    await expect(log.append(event('act'))).rejects.toEqual(refusedAs('locked'));
  });
});

describe('two processes', () => {
  it('never write one log: a named one is refused, and one without a name gets a log of its own', async () => {
    await log.open();
    await expect(openLog().open()).rejects.toEqual(refusedAs('locked'));
    const [first, second] = [new FileAuditLog({ directory }), new FileAuditLog({ directory })];
    await Promise.all([first.append(event('x')), second.append(event('y'))]);
    expect(new Set([first.place, second.place, log.place]).size).toBe(3);
    await Promise.all([first.close(), second.close()]);
  });

  it('follow each other after a kill: the lock of a dead process is taken over', async () => {
    await log.append(event('x'));
    await log.close();
    await writeFile(join(folder(), 'lock'), JSON.stringify({ ...(await deadProcess()), token: 'x' }));
    log = openLog();
    await expect(log.append(event('y'))).resolves.toMatchObject({ seq: expect.any(Number) });
    expect((await readdir(folder())).filter(name => name.startsWith('lock'))).toEqual(['lock']);
  });
});

/** A process of this host that has ended. */
async function deadProcess() {
  const { spawnSync } = await import('node:child_process');
  const { hostname } = await import('node:os');
  return { host: hostname(), pid: spawnSync(process.execPath, ['-e', '']).pid, start: 'x:1' };
}

describe('what a process leaves behind', () => {
  /** As if it were killed: its lock is gone with it, and nothing else is done. */
  const kill = () => rm(join(folder(), 'lock'));

  it('gets its end from the next one: an intent without outcome ends as unknown, in the name of who acted', async () => {
    const [done, cut] = [event('done'), event('cut', { type: 'delegation.intent', target: 'orders' })];
    await log.append(done);
    await log.append(cut);
    await log.append(event('done', { type: 'execution.outcome', outcome: 'ok', intentId: done.id }));
    await kill();
    log = openLog();
    await log.open();
    expect((await records()).slice(-2)).toEqual([
      expect.objectContaining({ type: 'log.opened', unfinished: 1 }),
      expect.objectContaining({
        ...identified,
        type: 'delegation.outcome',
        outcome: 'unknown',
        reason: 'process_ended',
        intent_id: cut.id,
        handler: 'cut',
        target: 'orders',
      }),
    ]);
    await log.close();
    log = openLog();
    await log.open();
    expect((await types()).filter(type => type === 'delegation.outcome')).toHaveLength(1);
  });

  it('is read from the segment of the oldest intent that was open', async () => {
    const long = event('long');
    await log.append(long);
    for (let i = 0; i < 3; i++) {
      await log.rotate();
      await log.append(event('short', { type: 'mcp.request' }));
    }
    await kill();
    log = openLog();
    await log.open();
    expect((await records()).at(-1)).toMatchObject({ outcome: 'unknown', intent_id: long.id });
  });

  it('is cut after the last whole record, and what was torn is kept', async () => {
    await log.append(event('whole'));
    const [path] = await segments();
    await kill();
    await appendFile(path!, '{"seq":2,"v":1,"id":"torn');
    log = openLog();
    await log.append(event('next'));
    expect(await handlers()).toEqual(['whole', 'next']);
    expect((await records())[2]).toMatchObject({ type: 'log.opened', set_aside: 25 });
    const [kept] = await readdir(join(folder(), 'damaged'));
    expect(await readFile(join(folder(), 'damaged', kept!), 'utf8')).toBe('{"seq":2,"v":1,"id":"torn');
  });

  it('is not believed when it is damaged further up than a torn write reaches', async () => {
    await Promise.all(Array.from({ length: 4000 }, () => log.append(event('x'))));
    const [path] = await segments();
    await kill();
    const bytes = await readFile(path!);
    bytes[5000] = 0;
    await writeFile(path!, bytes);
    log = openLog();
    await expect(log.open()).rejects.toEqual(refusedAs('changed'));
    expect((await readFile(path!)).equals(bytes)).toBe(true);
  });

  it('is not believed when a segment is missing', async () => {
    await log.append(event('x'));
    await log.rotate();
    await log.append(event('y'));
    await log.rotate();
    await log.append(event('z'));
    await kill();
    await rm((await segments())[1]!);
    await expect(records()).rejects.toEqual(refusedAs('changed'));
  });
});

describe('segments', () => {
  it('begin by size, by age, and when a rotation tool asks for it', async () => {
    log = openLog({ segmentSize: 2000, segmentAge: 60 });
    for (let i = 0; i < 5; i++) await log.append(event('x', { type: 'mcp.request' }));
    const bySize = (await segments()).length;
    expect(bySize).toBeGreaterThan(1);
    now += 61_000;
    await log.append(event('x'));
    expect(await segments()).toHaveLength(bySize + 1);
    await log.rotate();
    await log.append(event('x'));
    expect(await segments()).toHaveLength(bySize + 2);
    expect((await records()).map(({ seq }) => seq)).toEqual((await records()).map((_, i) => i));
  });

  it('end by their age also where the server is started again and again, so that retention can remove them', async () => {
    for (let starts = 0; starts < 4; starts++) {
      log = openLog({ segmentAge: 60 });
      await log.append(event('x', { type: 'mcp.request' }));
      now += 25_000;
      await log.close();
    }
    expect(await segments()).toHaveLength(2);
  });

  it('go when all their records are old enough, never one that an open intent needs, and the log says from where it is kept', async () => {
    const wait = async () => {
      await Promise.all(Array.from({ length: 300 }, () => log.append(event('old', { type: 'mcp.request' }))));
      await log.checkpoint();
      now += 60_000;
      await log.rotate();
    };
    log = openLog({ keepFor: 100 });
    for (let age = 0; age < 5; age++) await wait();
    await log.append(event('newer', { type: 'mcp.request' }));
    // The last segment says it first; the others are removed beside the next calls.
    const keptFrom = (await records()).findLast(record => record.type === 'log.segment')!.kept_from;
    expect(keptFrom).toBeGreaterThan(0);
    await until(async () => (await records())[0]!.seq >= keptFrom);
    expect((await records())[0]!.seq).toBe(keptFrom);
    await log.append(event('open'));
    const { seq } = (await records()).at(-1)!;
    for (let age = 0; age < 4; age++) await wait();
    await log.append(event('newest'));
    expect((await records())[0]!.seq).toBeLessThanOrEqual(seq);
  });
});

describe('records that are to be kept for a time', () => {
  const DAY = 86_400_000;
  /** With so many that their hashes are in full tiles. */
  const write = async (name: string) => {
    await Promise.all(Array.from({ length: 300 }, () => log.append(event(name, { type: 'mcp.request' }))));
    await log.checkpoint();
  };
  const segment = async (name: string) => {
    await write(name);
    await log.rotate();
  };
  const names = async () => [
    ...new Set((await records()).flatMap(record => ('handler' in record ? (record.handler ?? []) : []))),
  ];

  it('stay where a server was started by a clock that is wrong by years, and go by their true age later', async () => {
    log = openLog({ keepFor: 86_400 });
    for (const name of ['first', 'second', 'third']) await segment(name);
    await log.close();
    now += 7300 * DAY;
    log = openLog({ keepFor: 86_400 });
    await write('late');
    await log.close();
    now -= 7300 * DAY;
    log = openLog({ keepFor: 86_400 });
    await segment('fourth');
    expect(await names()).toEqual(['first', 'second', 'third', 'late', 'fourth']);
    for (const name of ['fifth', 'sixth', 'seventh']) {
      now += 2 * DAY;
      await segment(name);
    }
    await until(async () => !(await names()).includes('fourth'));
    expect(await names()).toEqual(['fifth', 'sixth', 'seventh']);
  });
});

describe('segments that somebody has moved', () => {
  const restarted = (): Promise<string> => {
    log = openLog();
    return log.open().then(
      () => 'started',
      ({ message }: Error) => message,
    );
  };
  const write = (count: number) =>
    Promise.all(Array.from({ length: count }, () => log.append(event('x', { type: 'mcp.request' }))));

  it.each([
    ['before those that are left', [0, 1]],
    ['between others', [1]],
  ])('are asked for at the start where it needs them, and it starts once they are back: %s', async (_, moved) => {
    for (let i = 0; i < 2; i++) {
      await write(1);
      await log.rotate();
    }
    await log.append(event('last'));
    await log.close();
    const paths = (await segments()).filter((_path, i) => moved.includes(i));
    for (const path of paths) await rename(path, join(directory, basename(path)));
    expect(await restarted()).toMatch(/[Bb]ring back the segments? that (was|were) moved or compressed/);
    for (const path of paths) await rename(join(directory, basename(path)), path);
    expect(await restarted()).toBe('started');
  });

  it('are not missed at the start where the segments that are left have 256 records', async () => {
    await write(300);
    await log.rotate();
    await write(256);
    await log.close();
    await rm((await segments())[0]!);
    expect(await restarted()).toBe('started');
  });
});

describe('the refusals of strangers', () => {
  const refusals = async () => {
    const names = await readdir(join(folder(), 'refusals'));
    return (await Promise.all(names.map(name => readFile(join(folder(), 'refusals', name), 'utf8')))).join('');
  };

  it('are beside the log, and counted by reason in it', async () => {
    await Promise.all(
      [stranger('token_expired'), stranger('token_expired'), stranger('claim_missing')].map(one => log.append(one)),
    );
    await log.close();
    expect(await types()).toEqual(['log.opened', 'refusals.counted', 'log.closed']);
    expect((await records())[1]).toMatchObject({
      counts: { token_expired: 2, claim_missing: 1 },
      since: '1970-01-01T00:00:00.000Z',
    });
    expect((await refusals()).trimEnd().split('\n')).toHaveLength(3);
  });

  it('are counted alone above a hundred in a second', async () => {
    await Promise.all(Array.from({ length: 1000 }, () => log.append(stranger('token_expired'))));
    now += 1000;
    await log.append(stranger('token_expired'));
    await log.close();
    expect((await refusals()).trimEnd().split('\n')).toHaveLength(101);
    expect((await records())[1]).toMatchObject({ counts: { token_expired: 1001 } });
  });

  it('fill at most two files', async () => {
    await log.append(stranger('token_expired'));
    const file = (n: number) => join(folder(), 'refusals', `${String(n).padStart(20, '0')}.jsonl`);
    for (let n = 0; n < 4; n++) {
      await log.close();
      await writeFile(file(n), Buffer.alloc(8 * 1_048_576, 10));
      log = openLog();
      await log.append(stranger('token_expired'));
    }
    expect(await readdir(join(folder(), 'refusals'))).toHaveLength(2);
  });

  it('do not hold up the log when they cannot be written', async () => {
    await mkdir(folder(), { recursive: true });
    await writeFile(join(folder(), 'refusals'), '');
    await expect(log.append(stranger('token_expired'))).rejects.toThrow();
    await expect(log.append(event('x'))).resolves.toMatchObject({ seq: 1 });
  });
});
