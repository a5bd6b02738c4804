import { execFileSync, spawnSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { cp, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { FileAuditLog, makeReceipt } from 'execution-identity';

const HELP = `npm run audit:go [-- options]
Writes an audit log and receipts, and has a program in Go verify them with the implementation of transparency logs of its own language.
Then changes the log and the receipts, which it must refuse. Installs Go from Debian where there is none.

  --quick   a smaller log
  --json    only one line at the end: what was verified and what was refused
  --help    this text

The exit status is 1 when a sound log is refused, or a changed one is not.`;

const { values: options } = parseArgs({
  options: { json: { type: 'boolean' }, quick: { type: 'boolean' }, help: { type: 'boolean' } },
});
if (options.help) {
  console.log(HELP);
  process.exit();
}
/** Records between two checkpoints: around the borders of tiles of both levels. */
const PARTS = options.quick ? [3, 250, 1, 2, 500, 90] : [3, 250, 1, 2, 500, 90, 64_000, 700, 1, 3000];
const RECEIPTS = 40;
/** Debian has the packages of other modules here, and no module mode for them. */
const ENVIRONMENT = { ...process.env, GO111MODULE: 'off', GOPATH: '/usr/share/gocode', GOFLAGS: '' };

function build(scratch) {
  const program = join(scratch, 'verify');
  const source = fileURLToPath(new URL('main.go', import.meta.url));
  const run = () =>
    spawnSync('go', ['build', '-o', program, source], {
      env: { ...ENVIRONMENT, GOCACHE: join(scratch, 'cache') },
      encoding: 'utf8',
    });
  let built = run();
  if (built.error?.code === 'ENOENT') {
    const quiet = {
      stdio: ['ignore', 'ignore', 'inherit'],
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    };
    execFileSync('apt-get', ['update', '-qq'], quiet);
    execFileSync(
      'apt-get',
      ['install', '-y', '-qq', '--no-install-recommends', 'golang-go', 'golang-golang-x-mod-dev'],
      quiet,
    );
    built = run();
  }
  if (built.status !== 0) throw new Error(`The Go program is not built: ${built.stderr || built.error?.message}`);
  return program;
}

const eventOf = i => ({
  v: 1,
  id: randomUUID(),
  type: 'mcp.request',
  actor_sub: `user-${i % 9}`,
  handler: 'x'.repeat(i % 60),
  outcome: 'started',
  intent_id: null,
});

async function writeLog(directory) {
  const log = new FileAuditLog({
    directory,
    instance: 'log',
    origin: () => 'mcp.shop.example/audit',
    segmentSize: 1_000_000,
  });
  for (const count of PARTS) {
    for (let done = 0; done < count; done += 5000)
      await Promise.all(Array.from({ length: Math.min(5000, count - done) }, (_, i) => log.append(eventOf(i))));
    await log.checkpoint();
  }
  await log.close();
  return join(directory, 'log');
}

/** Each changes one thing in a copy of the log, or in what the program is given. */
const TAMPERS = {
  'a byte of a record': log => edit(log, 'records', text => text.replace('user-4', 'user-5')),
  'a record that is gone': log => edit(log, 'records', text => text.replace(/[^\n]*\n/, '')),
  'a byte of a tile': log => editBytes(join(log, 'tile/0/000'), bytes => (bytes[77] ^= 1)),
  'a byte of a tile that is not full': log => editNewestPart(log),
  'the size in a checkpoint': log => edit(log, 'checkpoints', text => text.replace('\\n4\\n', '\\n5\\n')),
  'a byte of a signature': log =>
    edit(log, 'checkpoints', text =>
      text.replace(/(— \S+ .{40})(.)/, (_, head, one) => `${head}${one === 'A' ? 'B' : 'A'}`),
    ),
};

async function edit(log, part, change) {
  const [name] = (await readdir(join(log, part))).sort();
  const path = join(log, part, name);
  const text = await readFile(path, 'utf8');
  if (change(text) === text) throw new Error(`nothing was changed in ${part}`);
  await writeFile(path, change(text));
}

async function editBytes(path, change) {
  const bytes = await readFile(path);
  change(bytes);
  await writeFile(path, bytes);
}

async function editNewestPart(log) {
  const folders = (await readdir(join(log, 'tile/0'), { recursive: true })).filter(name => /\.p\/\d+$/.test(name));
  await editBytes(join(log, 'tile/0', folders[0]), bytes => (bytes[1] ^= 1));
}

async function main() {
  const scratch = await mkdtemp(join(tmpdir(), 'eie-go-'));
  try {
    const program = build(scratch);
    const log = await writeLog(scratch);
    const key = (await readFile(join(log, 'checkpoint.pub'), 'utf8')).trim();
    const total = PARTS.reduce((sum, count) => sum + count, 0);
    const receipts = [];
    for (let i = 0; i < RECEIPTS; i++) {
      const path = join(scratch, `receipt-${i}.json`);
      await writeFile(path, await makeReceipt(log, Math.floor((i * total) / RECEIPTS)));
      receipts.push(path);
    }
    const run = (folder, given = key, files = receipts) =>
      spawnSync(program, [folder, given, ...files], { encoding: 'utf8' });
    const good = run(log);
    if (good.status !== 0) throw new Error(`Go refuses a log that nobody has changed: ${good.stderr}`);
    const refused = await tampered({ scratch, log, key, receipts, run });
    const result = {
      ...JSON.parse(good.stdout),
      tampered: Object.keys(refused).length,
      refused: Object.values(refused).filter(Boolean).length,
    };
    for (const [what, isRefused] of Object.entries(refused)) if (!isRefused) console.log(`FAILED Go accepts ${what}`);
    console.log(options.json ? JSON.stringify(result) : result);
    return result.refused === result.tampered;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function tampered({ scratch, log, key, receipts, run }) {
  const refused = {};
  for (const [what, change] of Object.entries(TAMPERS)) {
    const copy = join(scratch, 'copy');
    await cp(log, copy, { recursive: true });
    await change(copy);
    refused[what] = run(copy).status === 1;
    await rm(copy, { recursive: true });
  }
  refused['another key'] =
    run(
      log,
      key.replace(/.$/, one => (one === 'A' ? 'B' : 'A')),
    ).status === 1;
  const [first, second] = await Promise.all(
    receipts.slice(0, 2).map(async path => JSON.parse(await readFile(path, 'utf8'))),
  );
  const wrong = join(scratch, 'wrong.json');
  for (const [what, receipt] of Object.entries({
    'the proof of another record': { ...first, proof: second.proof },
    'a record that was changed': { ...first, record: first.record.replace('"v":1', '"v":2') },
  })) {
    await writeFile(wrong, JSON.stringify(receipt));
    refused[what] = run(log, key, [wrong]).status === 1;
  }
  return refused;
}

main().then(
  sound => process.exit(sound ? 0 : 1),
  error => {
    console.error(error.message);
    process.exit(1);
  },
);
