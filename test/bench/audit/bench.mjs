import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { contenders } from './contenders.mjs';
import { measureHashing } from './hashing.mjs';
import { measure, median } from './measure.mjs';

const OURS = 'execution-identity, power-loss';
const LONE = 'one write and fdatasync at a time';
const SQLITE = 'better-sqlite3, WAL, synchronous=FULL';
const PACKAGES = { 'better-sqlite3': '^12.11.1', pino: '^10.0.0', 'sonic-boom': '^4.2.0' };

const HELP = `npm run audit:bench [-- options]
Measures the audit log beside other ways to keep records, in one run: records a second, and how long one waits.

  --quick   without the packages of others, which take minutes to install
  --json    only one line at the end: { rows, ratios, hashing }
  --help    this text`;

const { values: options } = parseArgs({
  options: { json: { type: 'boolean' }, quick: { type: 'boolean' }, help: { type: 'boolean' } },
});
if (options.help) {
  console.log(HELP);
  process.exit();
}
const { rounds, ms, inFlights } = options.quick
  ? { rounds: 3, ms: 500, inFlights: [1, 64] }
  : { rounds: 5, ms: 1000, inFlights: [1, 16, 64, 256] };

/** The packages of others, in a project of their own: the quick form leaves them out, since SQLite is compiled for minutes. */
async function install() {
  const project = await mkdtemp(join(tmpdir(), 'eie-bench-packages-'));
  await writeFile(join(project, 'package.json'), JSON.stringify({ private: true, dependencies: PACKAGES }));
  execFileSync('npm', ['install', '--no-audit', '--no-fund', '--loglevel=error'], {
    cwd: project,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return project;
}

async function run(project) {
  const all = Object.entries(contenders(project));
  const results = new Map();
  for (let round = 0; round < rounds; round++)
    for (const inFlight of inFlights)
      for (const [name, open] of all) {
        const key = `${name} / ${inFlight}`;
        results.set(key, [...(results.get(key) ?? []), await measure(open, { inFlight, ms })]);
      }
  return all.flatMap(([name]) =>
    inFlights.map(inFlight => {
      const measured = results.get(`${name} / ${inFlight}`);
      return {
        name,
        inFlight,
        perSecond: Math.round(median(measured.map(({ perSecond }) => perSecond))),
        p99Ms: Number(median(measured.map(({ p99Ms }) => p99Ms)).toFixed(3)),
      };
    }),
  );
}

const ratio = (one, other) => (one === undefined || other === undefined ? null : Number((one / other).toFixed(2)));

async function main() {
  const project = options.quick ? undefined : await install();
  const rows = await run(project).finally(() => project && rm(project, { recursive: true, force: true }));
  const hashing = await measureHashing();
  const at = (name, inFlight) => rows.find(row => row.name === name && row.inFlight === inFlight);
  const ratios = {
    throughputOverSqliteAt64: ratio(at(OURS, 64).perSecond, at(SQLITE, 64)?.perSecond),
    throughputOverLoneWritesAt64: ratio(at(OURS, 64).perSecond, at(LONE, 64).perSecond),
    throughputOfBufferedAt64: ratio(at(OURS, 64).perSecond, at('buffered append, not synced', 64).perSecond),
    p99OverLoneWrite: Object.fromEntries(
      inFlights.map(inFlight => [inFlight, ratio(at(OURS, inFlight).p99Ms, at(LONE, 1).p99Ms)]),
    ),
  };
  if (options.json) console.log(JSON.stringify({ rows, ratios, hashing }));
  else {
    console.table(rows);
    console.table({ ...ratios, p99OverLoneWrite: JSON.stringify(ratios.p99OverLoneWrite) });
    console.table(hashing);
  }
}

main().catch(error => {
  console.error(error);
  process.exitCode = 1;
});
