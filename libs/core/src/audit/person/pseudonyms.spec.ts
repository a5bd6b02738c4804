import { mkdtemp, readdir, readFile, rm, stat, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { auditEvent } from '../audit-detail.js';
import { type AuditEvent } from '../audit-event.js';
import { FileAuditLog, type FileAuditLogOptions } from '../file.audit-log.js';
import { nodeFiles } from '../log/node-files.js';
import { recordsOf } from '../log/read-records.js';
import { verifyAuditLog } from '../verify/verify-log.js';
import { erasePerson } from './erase-person.js';
import { type Person } from './person-keys.js';

const ALICE = { issuer: 'https://as.test', tenant: 'acme', sub: 'alice@example.test' };
const SESSION = 'session-of-alice';
let directory: string;
let now = 0;
const opened: FileAuditLog[] = [];
const PSEUDONYM = /^pseudonym:[\w-]{22}$/;

function openLog(options: Partial<FileAuditLogOptions> = {}): FileAuditLog {
  const log = new FileAuditLog({ directory, instance: 'a', pseudonyms: true, clock: () => now, ...options });
  opened.push(log);
  return log;
}
const eventOf = ({ issuer, tenant, sub }: Person, more: Partial<AuditEvent> = {}): AuditEvent => ({
  ...auditEvent('shop', { type: 'execution.intent', outcome: 'started', subject: null }, new Date(now).toISOString()),
  ...{ actor_issuer: issuer, tenant: tenant ?? null, actor_sub: sub, actor_type: 'user', session_id: SESSION, ...more },
});
async function eventsOf(instance = 'a'): Promise<AuditEvent[]> {
  const events: AuditEvent[] = [];
  for await (const record of recordsOf(join(directory, instance))) if ('outcome' in record) events.push(record);
  return events;
}
const subjectsOf = async (instance?: string) => (await eventsOf(instance)).map(({ actor_sub }) => actor_sub);
const keyPaths = async () =>
  (await readdir(join(directory, 'person-keys')))
    .filter(name => name !== 'index.key')
    .map(name => join(directory, 'person-keys', name));

beforeEach(async () => {
  now = 0;
  directory = await mkdtemp(join(tmpdir(), 'eie-persons-'));
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close().catch(() => undefined);
  await rm(directory, { recursive: true, force: true });
});

describe('a log with pseudonyms', () => {
  it('names no user and no session of one, in no file and no name of a file', async () => {
    const log = openLog();
    await log.append(eventOf(ALICE));
    await log.append(
      eventOf(ALICE, { type: 'execution.outcome', outcome: 'ok', intent_id: (await eventsOf())[0]!.id }),
    );
    await log.close();
    for (const entry of await readdir(directory, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const content = entry.isFile() ? await readFile(path, 'latin1') : '';
      for (const name of [ALICE.sub, SESSION]) expect(`${path} ${content}`).not.toContain(name);
    }
    expect((await eventsOf()).map(({ actor_sub, session_id }) => [actor_sub, session_id])).toEqual(
      Array(2).fill([expect.stringMatching(PSEUDONYM), expect.stringMatching(PSEUDONYM)]),
    );
  });

  it('has every record that came before it was closed, the last one behind them, once', async () => {
    const log = openLog();
    await log.open();
    const coming = Array.from({ length: 20 }, (_, i) => log.append(eventOf({ ...ALICE, sub: `user ${i}` })));
    await Promise.all([log.close(), log.close()]);
    const places = (await Promise.all(coming)).map(position => position!.seq).sort((one, other) => one - other);
    expect(places).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    const types = [];
    for await (const { type } of recordsOf(join(directory, 'a'))) types.push(type);
    expect(types).toEqual(['log.opened', ...Array<string>(20).fill('execution.intent'), 'log.closed']);
  });

  it('gives a person one pseudonym: after a restart and in the logs of other processes too', async () => {
    const [log, other] = [openLog(), openLog({ instance: 'b' })];
    await Promise.all([log.append(eventOf(ALICE)), other.append(eventOf(ALICE))]);
    await log.close();
    // It ends the call that the first process has left open, too.
    await openLog().append(eventOf(ALICE));
    const all = [...(await subjectsOf()), ...(await subjectsOf('b'))];
    expect([all.length, new Set(all).size]).toEqual([4, 1]);
    expect(await keyPaths()).toHaveLength(1);
  });

  it('tells users apart that other issuers or tenants name alike', async () => {
    const log = openLog();
    const others = [{ issuer: 'https://other.test' }, { tenant: 'globex' }, { tenant: undefined }, { sub: 'bob' }];
    for (const other of [{}, ...others]) await log.append(eventOf({ ...ALICE, ...other }));
    expect(new Set(await subjectsOf()).size).toBe(5);
  });

  it('names services, which are no persons, and strangers as nobody', async () => {
    const log = openLog();
    await log.append(eventOf(ALICE, { actor_sub: 'batch', actor_type: 'service' }));
    await log.append(eventOf(ALICE, { actor_sub: null, actor_type: null, type: 'mcp.request' }));
    expect(await subjectsOf()).toEqual(['batch', null]);
    expect(await keyPaths()).toEqual([]);
  });

  it('ends what a killed process has begun under the pseudonym of who began it', async () => {
    const log = openLog();
    await log.append(eventOf(ALICE));
    await rm(join(directory, 'a', 'lock'));
    await openLog().open();
    const [begun, ended] = await eventsOf();
    expect(ended).toMatchObject({ outcome: 'unknown', actor_sub: begun!.actor_sub, session_id: begun!.session_id });
  });

  it('keeps each key to its owner, in files that others cannot read', async () => {
    await openLog().append(eventOf(ALICE));
    for (const path of await keyPaths()) expect((await stat(path)).mode & 0o777).toBe(0o600);
    expect((await stat(join(directory, 'person-keys'))).mode & 0o777).toBe(0o700);
  });

  it('writes no record of a person whose key cannot be kept, and goes on when it can', async () => {
    let isFull = true;
    const isPersonKey = (path: string) => /person-keys.[0-9a-f]/.test(path);
    const full = () => Promise.reject(Object.assign(new Error('no space'), { code: 'ENOSPC' }));
    const log = openLog({
      files: {
        ...nodeFiles,
        create: (path, bytes) => (isFull && isPersonKey(path) ? full() : nodeFiles.create(path, bytes)),
      },
    });
    await expect(log.append(eventOf(ALICE))).rejects.toMatchObject({ code: 'ENOSPC' });
    expect(await eventsOf()).toEqual([]);
    isFull = false;
    await log.append(eventOf(ALICE));
    expect(await subjectsOf()).toEqual([expect.stringMatching(PSEUDONYM)]);
  });

  it('refuses the records of a person whose key is damaged, and names the file', async () => {
    const log = openLog();
    await log.append(eventOf(ALICE));
    const [path] = await keyPaths();
    await truncate(path!, 7);
    now += 60_000;
    await expect(log.append(eventOf(ALICE))).rejects.toMatchObject({
      code: 'audit_log_changed',
      message: expect.stringContaining(path!),
    });
  });
});

describe('a person who is erased', () => {
  it('is in no record any more, while the log is as valid as before', async () => {
    const log = openLog();
    await log.append(eventOf(ALICE));
    await log.append(eventOf({ ...ALICE, sub: 'bob' }));
    await log.close();
    const before = await subjectsOf();
    expect(await erasePerson(directory, ALICE)).toBe(true);
    expect(await subjectsOf()).toEqual(before);
    expect(await verifyAuditLog(join(directory, 'a'))).toMatchObject({ problems: [] });
    expect(await keyPaths()).toHaveLength(1);
    expect(await erasePerson(directory, ALICE)).toBe(false);
  });

  it('is one of one issuer and one tenant', async () => {
    await openLog().append(eventOf(ALICE));
    for (const other of [{ issuer: 'https://other.test' }, { tenant: undefined }, { tenant: '' }])
      expect(await erasePerson(directory, { ...ALICE, ...other })).toBe(false);
    expect(await keyPaths()).toHaveLength(1);
  });

  it('gets another pseudonym when it comes back, a minute later at most', async () => {
    const log = openLog();
    await log.append(eventOf(ALICE));
    await erasePerson(directory, ALICE);
    now += 59_999;
    await log.append(eventOf(ALICE));
    now += 1;
    await log.append(eventOf(ALICE));
    const [first, second, third] = await subjectsOf();
    expect(second).toBe(first);
    expect(third).toMatch(PSEUDONYM);
    expect(third).not.toBe(first);
  });

  it('is nobody where no log has pseudonyms', async () => {
    expect(await erasePerson(directory, ALICE)).toBe(false);
    expect(await readdir(directory)).toEqual([]);
  });
});
