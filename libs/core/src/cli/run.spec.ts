import { sign } from 'node:crypto';
import { mkdir, mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type AuditDetail, auditEvent } from '../audit/audit-detail.js';
import { type AuditEvent } from '../audit/audit-event.js';
import { FileAuditLog } from '../audit/file.audit-log.js';
import { signatureLine, timedSignature, witnessMessage } from '../audit/proof/note.js';
import { formatVerifierKey, verifierKey } from '../audit/proof/verifier-key.js';
import { type CheckpointAnchor, folderAnchor } from '../audit/tree/checkpoint-anchor.js';
import { checkpointSigner } from '../audit/tree/checkpoint-key.js';
import { runCommandLine } from './run.js';
import { newKeyPair } from '../key-pair.js';

let directory: string;
let log: FileAuditLog;
const place = (name: string) => join(directory, name);
const TRACE = '0af7651916cd43dd8448eb211c80319c';

async function run(...argv: string[]) {
  let [output, notes] = ['', ''];
  const code = await runCommandLine(['audit', ...argv], 'eie', {
    write: text => void (output += text),
    note: text => void (notes += text),
    drained: () => Promise.resolve(),
    isInteractive: false,
    signal: new AbortController().signal,
  });
  return { code, output, notes };
}

const event = (detail: Partial<AuditDetail>, who: Partial<AuditEvent> = {}): AuditEvent => ({
  ...auditEvent(
    'shop',
    { type: 'execution.intent', outcome: 'started', subject: null, ...detail },
    new Date(1_800_000_000_000).toISOString(),
  ),
  actor_sub: 'alice',
  actor_type: 'user',
  tenant: 'acme',
  agent_id: 'desk',
  ...who,
});

/** A call of a tool that calls an API, as the library records it. */
async function call(tool: string, envelope: string, who: Partial<AuditEvent> = {}) {
  const of = { envelope_id: envelope, trace_id: TRACE, ...who };
  const intent = event({ handler: tool }, of);
  const sent = event({ type: 'delegation.intent', handler: tool, target: 'orders', mode: 'on_behalf_of' }, of);
  await log.append(intent);
  await log.append(sent);
  await log.append(
    event(
      {
        type: 'delegation.outcome',
        outcome: 'ok',
        handler: tool,
        target: 'orders',
        mode: 'on_behalf_of',
        effective: 'delegation',
        intentId: sent.id,
        durationMs: 5,
      },
      of,
    ),
  );
  await log.append(
    event({ type: 'execution.outcome', outcome: 'ok', handler: tool, intentId: intent.id, durationMs: 9 }, of),
  );
}

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'eie-cli-'));
  await mkdir(place('anchor'));
  log = new FileAuditLog({ directory: place('audit'), instance: 'web', anchor: folderAnchor(place('anchor')) });
  await call('get_order', 'envelope-1');
  await call('cancel_order', 'envelope-2', { actor_sub: 'bob', trace_id: 'f'.repeat(32) });
  await log.append(
    event({ type: 'authorization.refused', outcome: 'refused', reason: 'insufficient_scope', handler: 'cancel_order' }),
  );
  await log.append(
    auditEvent(
      'shop',
      { type: 'admission.refused', outcome: 'refused', subject: null, reason: 'token_expired' },
      new Date(1_800_000_000_000).toISOString(),
    ),
  );
  await log.close();
});
afterEach(() => rm(directory, { recursive: true }));

describe('audit verify', () => {
  it('ends with 3 for a log that nothing outside knows, and with 0 beside a copy of its checkpoints', async () => {
    const alone = await run('verify', place('audit'));
    expect(alone).toMatchObject({ code: 3, output: expect.stringContaining('SELF-CONSISTENT, NOT ANCHORED') });
    const anchored = await run('verify', place('audit'), '--anchor', place('anchor'));
    expect(anchored).toMatchObject({
      code: 0,
      output: expect.stringContaining('ANCHORED: nobody has changed a record before 12'),
    });
    for (const line of alone.output.split('\n').filter(one => !one.includes(directory) && !one.includes('key  ')))
      expect(line.length).toBeLessThanOrEqual(80);
  });

  it('does not pass over a log beside others whose records were removed', async () => {
    await new FileAuditLog({ directory: place('audit'), instance: 'other' }).close();
    await rm(place('audit/web/records'), { recursive: true });
    const { code, output } = await run('verify', place('audit'));
    expect([code, output]).toEqual([1, expect.stringContaining('There are 0 records, and 12 in')]);
    expect(await run('who', place('audit'))).toMatchObject({
      code: 1,
      notes: expect.stringContaining(`${place('audit/web')} was changed or damaged: it has no records.`),
    });
  });

  it('names a log that an anchor knows and that is not there any more', async () => {
    log = new FileAuditLog({ directory: place('audit'), instance: 'other', anchor: folderAnchor(place('anchor')) });
    await call('get_order', 'envelope-3');
    await log.close();
    const anchor = ['--anchor', place('anchor')];
    expect((await run('verify', place('audit'), ...anchor)).output).not.toContain('not here');
    await rm(place('audit/other'), { recursive: true });
    const { output } = await run('verify', place('audit'), ...anchor);
    expect(output).toMatch(/has checkpoints of a log that is not here:\naudit\.invalid_\S+\. Either its folder was/);
    expect((await run('verify', place('audit/web'), ...anchor)).output).not.toContain('not here');
    const json = JSON.parse((await run('verify', place('audit'), ...anchor, '--json')).output) as object;
    expect(json).toMatchObject({ missing: [{ anchor: place('anchor'), logs: [expect.any(String)] }] });
  });

  it('ends with 1 and names the first record that is wrong', async () => {
    const path = place('audit/web/records/00000000000000000000.jsonl');
    await writeFile(path, (await readFile(path, 'utf8')).replace('"bob"', '"eve"'));
    const { code, output } = await run('verify', place('audit'));
    expect([code, output]).toEqual([1, expect.stringContaining('BROKEN')]);
    expect(output).toContain('the first wrong record is 5');
    const json = JSON.parse((await run('verify', place('audit'), '--json')).output) as { logs: unknown[] };
    expect(json.logs).toMatchObject([{ state: 'broken', folder: place('audit/web'), problems: [{ seq: 5 }, {}, {}] }]);
  });
});

describe('a command of the audit log', () => {
  it.each([
    ['verify', 'audit/web', 'audit/other'],
    ['who', 'audit/web', 'audit/other'],
    ['tail', 'audit/web', 'audit/other'],
    ['export', 'audit/web', 'audit/other'],
    ['check', 'one.json', 'other.json'],
    ['receipt', '5', 'audit/web', 'audit/other'],
  ])('is refused where it would read less than was named, as by a pattern of the shell: %s', async (name, ...names) => {
    expect(await run(name, ...names.map(one => (one === '5' ? one : place(one))))).toMatchObject({
      code: 2,
      output: '',
      notes: expect.stringContaining(`"${place(names.at(-1)!)}" mean? It is one too many`),
    });
  });

  it('says of a record that is not there how to find out why', async () => {
    const { code, notes } = await run('receipt', '99', place('audit'));
    expect([code, notes]).toEqual([
      2,
      expect.stringMatching(/never written, retention .+ or somebody else has\. .+ run: audit verify\n$/),
    ]);
    for (const name of ['checkpoint', 'checkpoints']) await rm(place(`audit/web/${name}`), { recursive: true });
    expect((await run('receipt', '5', place('audit'))).notes).toMatch(
      /newest one has 0 records\..+ run: audit verify\n$/,
    );
  });

  it('says where it cannot write', async () => {
    const file = place('missing/receipt.json');
    const { code, notes } = await run('receipt', '5', place('audit'), '--out', file);
    expect([code, notes]).toEqual([2, `${file} cannot be written.\n`]);
  });
});

describe('a log that is damaged, or of somebody else', () => {
  it('is not passed over beside others where its folder cannot be read', async () => {
    await symlink(place('audit/other'), place('audit/other'));
    for (const command of ['verify', 'who', 'export'])
      expect(await run(command, place('audit'))).toMatchObject({ code: 2, notes: expect.stringContaining('ELOOP') });
  });

  it.each([
    ['its key is missing', 'checkpoint.pub', () => rm(place('audit/web/checkpoint.pub')), 2],
    ['its key is another one', 'audit verify', () => writeFile(place('audit/web/checkpoint.pub'), 'x'), 1],
  ])('gives no receipt that is false: %s', async (_, says, damage, code) => {
    await damage();
    const file = place('receipt.json');
    expect(await run('receipt', '1', place('audit'), '--out', file)).toMatchObject({
      code,
      notes: expect.stringContaining(says),
    });
    await expect(readFile(file)).rejects.toThrow('ENOENT');
  });
});

describe('audit who', () => {
  it('tells each act below who has acted, with its APIs, and ends in one line for each', async () => {
    const { output } = await run('who', place('audit'));
    expect(output).toContain('2027-01-15 UTC  the agent desk for the user alice (acme)\n');
    expect(output).toMatch(/get_order +ok 9 ms {2}#4\n {4}└─ orders as on_behalf_of, delegation {2}ok 5 ms {2}#3/);
    expect(output).toContain('refused: insufficient_scope');
    expect(output).toContain('somebody who is not identified');
    expect(output).toContain('It was the agent desk for the user bob (acme): 1 act.\n');
    for (const line of output.split('\n')) expect(line.length).toBeLessThanOrEqual(80);
  });

  it('counts nothing that was refused as an act', async () => {
    const { output } = await run('who', place('audit'));
    expect(output).toContain('It was the agent desk for the user alice (acme): 1 act and 1 refusal.\n');
    expect(output).toContain('It was somebody who is not identified: 1 refusal.\n');
  });

  it('takes a call of an API for no act of its own where a filter leaves its execution out', async () => {
    const { output } = await run('who', place('audit'), '--outcome', 'ok', '--actor', 'alice');
    expect(output).toMatch(/get_order -> orders +ok 5 ms {2}#3\n.*get_order +ok 9 ms {2}#4\n/);
    expect(output).toContain('It was the agent desk for the user alice (acme): 1 act and 1 call of an API.\n');
  });

  it('names each agent of a chain, and finds the acts of each', async () => {
    log = new FileAuditLog({ directory: place('audit'), instance: 'web' });
    const chain = ['router', 'planner'].map(id => ({ issuer: 'https://login.example.com', id }));
    await call('refund', 'envelope-9', { agent_id: 'router', agent_chain: chain });
    await log.close();
    for (const agent of ['router', 'planner']) {
      const { output } = await run('who', place('audit'), '--agent', agent);
      expect(output).toContain('It was the agent router for the agent planner for the user alice (acme): 1 act.\n');
      expect(output).not.toContain('desk');
    }
    expect((await run('tail', place('audit'), '-n', '2')).output).toContain('alice by router for planner  refund');
  });

  it('keeps the acts of two services apart, whose logs are in one folder and have the envelope in common', async () => {
    log = new FileAuditLog({ directory: place('both'), instance: 'api' });
    const api = log;
    log = new FileAuditLog({ directory: place('both'), instance: 'web' });
    const of = { envelope_id: 'envelope-1' };
    const tool = event({ handler: 'get_order' }, of);
    const asked = { handler: 'get_order', target: 'orders', mode: 'on_behalf_of' } as const;
    const sent = event({ ...asked, type: 'delegation.intent' }, of);
    const handler = event({ handler: 'Orders.get' }, of);
    const ends = { type: 'execution.outcome', outcome: 'ok' } as const;
    await log.append(tool);
    await log.append(sent);
    await api.append(handler);
    await api.append(event({ ...ends, handler: 'Orders.get', intentId: handler.id }, of));
    await log.append(event({ ...asked, type: 'delegation.outcome', outcome: 'ok', intentId: sent.id }, of));
    await log.append(event({ ...ends, handler: 'get_order', intentId: tool.id }, of));
    await Promise.all([api.close(), log.close()]);
    const { output } = await run('who', place('both'));
    expect(output).toMatch(/get_order +ok {2}#4 in web\n {4}└─ orders as on_behalf_of {2}ok {2}#3\n/);
    expect(output).toMatch(/Orders\.get +ok {2}#2 in api\n/);
    expect(output).toContain('It was the agent desk for the user alice (acme): 2 acts.\n');
  });

  it('shows each call that an API has got with one Txn-Token', async () => {
    log = new FileAuditLog({ directory: place('api'), instance: 'web' });
    const of = { envelope_id: 'envelope-1' };
    const [first, second] = [event({ handler: 'Orders.get' }, of), event({ handler: 'Orders.get' }, of)];
    for (const intent of [first, second]) await log.append(intent);
    for (const [intent, outcome] of [
      [second, 'ok'],
      [first, 'failed'],
    ] as const)
      await log.append(event({ type: 'execution.outcome', outcome, handler: 'Orders.get', intentId: intent.id }, of));
    await log.close();
    const { output } = await run('who', place('api'));
    expect(output).toMatch(/Orders\.get +failed {2}#4\n.*Orders\.get +ok {2}#3\n/);
    expect(output).toContain(': 2 acts.\n');
  });

  it.each([['who'], ['export'], ['tail']])(
    'says that its answer may lack something: %s of a damaged log',
    async name => {
      const path = place('audit/web/records/00000000000000000000.jsonl');
      const lines = (await readFile(path, 'utf8')).split('\n');
      expect((await run(name, place('audit'))).code).toBe(0);
      await writeFile(path, lines.with(5, lines[5]!.replace('"type":', '"type:')).join('\n'));
      const { code, notes } = await run(name, place('audit'));
      expect([code, notes]).toEqual([
        1,
        `${place('audit/web')} was changed or damaged: one line is no record, first at 5. This answer may lack something. Run: audit verify\n`,
      ]);
      await writeFile(path, lines.toSpliced(5, 1).join('\n'));
      expect((await run(name, place('audit'))).notes).toMatch(
        /lines are not the records of their numbers, first at 5\./,
      );
    },
  );

  it('does not take whose identity was ended for who has ended it', async () => {
    log = new FileAuditLog({ directory: place('revoked'), instance: 'web' });
    const revoked = (who: Partial<AuditEvent>, handler?: string) =>
      log.append({
        ...auditEvent(
          'shop',
          { type: 'identity.revoked', outcome: 'ok', subject: null, handler },
          '2027-01-15T08:00:00.000Z',
        ),
        actor_issuer: 'https://as.test',
        ...who,
      });
    await revoked({ actor_sub: 'alice', session_id: 's-1' });
    await revoked({ agent_id: 'desk' }, 'signal:security_event');
    await revoked({});
    await log.close();
    const { output } = await run('who', place('revoked'));
    expect(output).toMatch(
      /code of the application\n.*identity\.revoked +ok {2}#1\n.*ended the user alice, the session s-1 of https:\/\/as\.test\n/,
    );
    expect(output).toMatch(
      /signal:security_event\n.*identity\.revoked +ok {2}#2\n.*ended the agent desk of https:\/\/as\.test\n/,
    );
    expect(output).toContain('ended everybody of https://as.test\n');
    expect(output).toContain('It was code of the application: 2 acts.\nIt was signal:security_event: 1 act.\n');
    expect((await run('tail', place('revoked'), '-n', '2')).output).toMatch(
      /identity\.revoked {2}the agent desk of https:\/\/as\.test.*\n.*everybody of https:\/\/as\.test/,
    );
  });

  it('tells who has approved an act', async () => {
    log = new FileAuditLog({ directory: place('approved'), instance: 'web' });
    const about = { handler: 'refund', approvalId: 'approval-1' };
    await log.append(event({ ...about, type: 'approval.requested', outcome: 'ok' }));
    await log.append(
      event({ ...about, type: 'approval.decided', outcome: 'ok' }, { actor_sub: 'carol', agent_id: 'phone' }),
    );
    await log.append(event(about, { envelope_id: 'envelope-1' }));
    const denied = { ...about, approvalId: 'approval-2' };
    await log.append(event({ ...denied, type: 'approval.decided', outcome: 'refused', reason: 'approval_denied' }));
    await log.close();
    const { output } = await run('who', place('approved'));
    expect(output).toMatch(/desk for the user alice \(acme\)\n.*refund +waits for an approval {2}#1\n/);
    expect(output).toMatch(/phone for the user carol \(acme\)\n.*refund +approved {2}#2\n/);
    expect(output).toMatch(/refund +not ended {2}#3\n {4}└─ approved by carol\n.*refund +denied {2}#4/);
  });

  it('shows the last 500 acts and counts all', async () => {
    log = new FileAuditLog({ directory: place('long'), instance: 'web' });
    const calls = Array.from({ length: 510 }, (_, i) => call(`tool-${i}`, `envelope-${i}`));
    await Promise.all(calls);
    await log.close();
    const { output } = await run('who', place('long'));
    expect(output).toMatch(/^\(10 acts before these are left out\)\n/);
    expect(output.match(/└─/g)).toHaveLength(500);
    expect(output).toContain('It was the agent desk for the user alice (acme): 510 acts.\n');
  });

  it('says that a service has acted for no user, and that an act has not ended', async () => {
    log = new FileAuditLog({ directory: place('audit'), instance: 'web' });
    await log.append(event({ handler: 'nightly' }, { actor_sub: 'batch', actor_type: 'service', envelope_id: 'e3' }));
    expect((await run('who', place('audit'), '--actor', 'batch')).output).toMatch(
      /the service batch \(acme\), for no user\n.*nightly +not ended/,
    );
    await log.close();
  });

  it.each([
    [['--trace', TRACE], ['alice']],
    [['--trace', 'envelope-2'], ['bob']],
    [['--actor', 'bob'], ['bob']],
    [['--agent', 'desk', '--tool', 'get_order'], ['alice']],
    [['--since', '2027-02-01'], []],
    [['--until', '2027-02-01', '--actor', 'alice'], ['alice']],
  ])('finds by %j', async (filter, users) => {
    const { events } = JSON.parse((await run('who', place('audit'), ...filter, '--json')).output) as {
      events: AuditEvent[];
    };
    expect([...new Set(events.map(({ actor_sub }) => actor_sub))]).toEqual(users);
  });

  it('shows hostile names as text, on their line', async () => {
    log = new FileAuditLog({ directory: place('audit'), instance: 'web' });
    await log.append(event({ handler: 'x' }, { actor_sub: 'm\u001b[31m\nIt was nobody\u202e' }));
    await log.close();
    const { output } = await run('who', place('audit'));
    expect(output).not.toMatch(/[\u001b\u202e]|^It was nobody/m); // eslint-disable-line no-control-regex
    expect(output).toContain('m\\u{1b}[31m\\u{a}It was nobody\\u{202e}');
  });
});

describe('a log with pseudonyms', () => {
  const issuer = 'https://as.test';

  beforeEach(async () => {
    for (const instance of ['one', 'two']) {
      log = new FileAuditLog({ directory: place('hidden'), instance, pseudonyms: true });
      await call('get_order', `envelope-${instance}`, { actor_issuer: issuer });
      await call('get_order', `envelope-other-${instance}`, { actor_issuer: 'https://other.test' });
      await call('get_order', `envelope-bob-${instance}`, { actor_issuer: issuer, actor_sub: 'bob' });
      await log.close();
    }
  });

  it('tells who a person was to those who name the person', async () => {
    const { output } = await run('who', place('hidden'), '--actor', 'alice');
    const names = [...output.matchAll(/^alice is (pseudonym:\S+) here\.$/gm)].map(([, name]) => name);
    expect(names).toHaveLength(2);
    for (const name of names) expect(output).toContain(`It was the agent desk for the user ${name} (acme): 2 acts.`);
    for (const command of ['export', 'tail'])
      expect((await run(command, place('hidden/one'), '--actor', 'bob')).output.trimEnd().split('\n')).toHaveLength(4);
  });

  it('tells nobody any more after erase, of this issuer alone', async () => {
    const erase = ['erase', place('hidden'), '--issuer', issuer, '--tenant', 'acme', '--actor', 'alice'];
    expect(await run(...erase)).toMatchObject({ code: 0, output: expect.stringContaining('Erased') });
    const { output } = await run('who', place('hidden'), '--actor', 'alice');
    expect(output.match(/^alice is/gm)).toHaveLength(1);
    expect((await run('who', place('hidden'))).output).toContain('pseudonym:');
    expect((await run('verify', place('hidden'))).code).toBe(3);
    expect(await run(...erase)).toMatchObject({ code: 1, notes: expect.stringContaining('There is no such key') });
  });

  it('says after erase whether the subject still has a key here, at another issuer or tenant', async () => {
    const erase = (...whose: string[]) => run('erase', place('hidden'), '--issuer', ...whose, '--tenant', 'acme');
    const { output } = await run('who', place('hidden'), '--actor', 'alice');
    const names = [...output.matchAll(/^alice is (pseudonym:\S+) here\.$/gm)].map(([, name]) => name);
    const first = (await erase(issuer, '--actor', 'alice')).output;
    expect(first).toContain('Other keys of this subject are still here');
    expect(names.filter(name => first.includes(name!))).toHaveLength(1);
    expect((await erase('https://other.test', '--actor', 'alice')).output).not.toContain('Other keys');
  });
});

describe('audit receipt and check', () => {
  it('make a file that is the word of the operator, and false after one changed byte', async () => {
    const file = place('receipt.json');
    expect(await run('receipt', '1', place('audit'), '--out', file)).toMatchObject({ code: 0, notes: `${file}\n` });
    expect(await run('check', file)).toMatchObject({
      code: 3,
      output: expect.stringMatching(/OPERATOR'S WORD ONLY[^]+alice/),
    });
    const { key } = JSON.parse(await readFile(file, 'utf8')) as { key: string };
    expect((await run('check', file, '--key', key)).output).toMatch(/by the key\s+that you gave/);
    await writeFile(file, (await readFile(file, 'utf8')).replace('alice', 'alicf'));
    expect(await run('check', file)).toMatchObject({
      code: 1,
      output: expect.stringMatching(/^FALSE:[^]+NOT to be believed/),
    });
  });

  it('end with 0 when a witness that the reader trusts has seen the log', async () => {
    const { privateKey } = newKeyPair('ed25519');
    const witness = await verifierKey('witness.example', 'witness', checkpointSigner(privateKey).publicKey);
    const anchor: CheckpointAnchor = {
      name: 'witness.example',
      publish: async note =>
        signatureLine(
          witness,
          timedSignature(9, sign(null, witnessMessage(note.slice(0, note.indexOf('\n\n') + 1), 9), privateKey)),
        ),
    };
    log = new FileAuditLog({ directory: place('witnessed'), instance: 'web', anchor });
    await call('get_order', 'envelope-1');
    await log.close();
    await run('receipt', '1', place('witnessed'), '--out', place('receipt.json'));
    expect(await run('check', place('receipt.json'), '--witness', formatVerifierKey(witness))).toMatchObject({
      code: 0,
      output: expect.stringMatching(/witness.example at\s1970-01-01T00:00:09.000Z saw it/),
    });
  });

  it('show a hostile receipt as what it is', async () => {
    const deep = '['.repeat(5000) + ']'.repeat(5000);
    for (const record of ['{"seq":1,"v":1,"actor_sub":{"toString":1}}', `{"seq":1,"v":1,"x":${deep}}`]) {
      await writeFile(place('hostile.json'), JSON.stringify({ receipt: 1, record, proof: '' }));
      for (const more of [[], ['--json']]) expect((await run('check', place('hostile.json'), ...more)).code).toBe(1);
    }
  });

  it('say which record is not there', async () => {
    expect(await run('receipt', '99', place('audit'))).toMatchObject({
      code: 2,
      notes: expect.stringContaining('Record 99 is not in'),
    });
  });
});

describe('audit tail and export', () => {
  it('show the last records of all logs, one line each', async () => {
    const { output } = await run('tail', place('audit'), '-n', '2');
    expect(output.trimEnd().split('\n')).toEqual([
      expect.stringContaining('#8 execution.outcome  bob by desk  cancel_order  ok'),
      expect.stringContaining('#9 authorization.refused  alice by desk  cancel_order  refused: insufficient_scope'),
    ]);
  });

  it('write all records that fit, with the log that they are from', async () => {
    const { output } = await run('export', place('audit'), '--actor', 'bob');
    const lines = output
      .trimEnd()
      .split('\n')
      .map(line => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ seq, instance }) => [seq, instance])).toEqual(
      [5, 6, 7, 8].map(seq => [seq, place('audit/web')]),
    );
  });
});

describe('a search that could be understood in another way', () => {
  it.each([
    // In the time zone of the machine, or by guessing, Node finds a time in each of these.
    ['who', '--since', '2026-11-30 10:00'],
    ['who', '--since', '2026-1-5'],
    ['export', '--until', '10'],
    ['export', '--until', '2026-02-30'],
    ['tail', '--outcome', 'denied'],
  ])('is refused, and does not find nothing: %s %s %s', async (command, ...filter) => {
    expect(await run(command, place('audit'), ...filter)).toMatchObject({
      code: 2,
      output: '',
      notes: expect.stringContaining(`"${filter[1]}"`),
    });
  });

  it.each(['2027-01-15', '2027-01-15T08:00', '2027-01-15T07:59:59.5Z', '2027-01-15T10:00+02:00'])(
    'is none by RFC 3339, in UTC where no zone is named: %s',
    async time => {
      expect((await run('export', place('audit'), '--since', time)).output).toContain('"seq":1');
      expect(await run('export', place('audit'), '--until', time)).toMatchObject({ code: 0, output: '' });
    },
  );
});

describe('a wrong command', () => {
  it('is named, before the commands that there are', async () => {
    expect((await run('burn')).notes).toMatch(/^There is no command "burn"\.\n\n/);
  });

  it('is none where the version is asked for', async () => {
    expect(await run('--version')).toMatchObject({ code: 0, output: expect.stringMatching(/^\d+\.\d+\.\d+\S*\n$/) });
  });

  it.each([
    [['verify', '/nowhere']],
    [['verify', '--anker', 'x']],
    [['receipt']],
    [['check']],
    [['check', '/nowhere']],
    [['who', '--since', 'yesterday']],
    [['tail', '-n', '-1']],
    [['burn']],
    [['erase', '--actor', 'alice']],
    [['verify', '--anchor', '/nowhere']],
  ])('ends with 2 and says what to type: %j', async argv => {
    const { code, output, notes } = await run(...argv);
    expect([code, output]).toEqual([2, '']);
    expect(notes.length).toBeGreaterThan(20);
  });

  it.each([[[]], [['--help']], [['verify', '--help']]])('is none when help is asked for: %j', async argv => {
    const { code, output } = await run(...argv);
    expect(code).toBe(0);
    expect(output).toContain('eie audit');
  });
});
