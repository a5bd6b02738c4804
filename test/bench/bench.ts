import { parseArgs } from 'node:util';
import { benchHttp } from './http/http.bench.js';
import { pin } from './load/bench-server.js';
import { benchMcp } from './mcp/mcp.bench.js';
import { benchMemory } from './memory/memory.bench.js';
import { benchProcess } from './process/process.bench.js';
import { grossLosses, remember } from './page/measured.js';
import { writePage } from './page/write-page.js';
import { type BenchReport, joined } from './report.js';
import { benchReplicas } from './replicas/replicas.bench.js';
import { benchScale } from './scale/scale.bench.js';

const PARTS = { http: benchHttp, mcp: benchMcp, process: benchProcess, memory: benchMemory, scale: benchScale };
/** It needs servers of Redis and PostgreSQL, so `all` leaves it out. */
const ALONE = { replicas: benchReplicas };
const KNOWN = { ...PARTS, ...ALONE };
type Part = keyof typeof KNOWN;
const MAX_TRIES = 3;

const HELP = `npm run bench [-- http | mcp | process | memory | scale | replicas | all] [options]
Measures what the library costs beside others: all contenders, and one of them twice, in one run. Without a part: all. "replicas" needs
servers of Redis and PostgreSQL, so "all" leaves it out. A part takes up to 8 minutes on two processors.

  --quick   a minute; only a loss of twice what was measured before fails
  --json    only one line at the end: { valid, aaTwin, rows, goals }
  --write   writes what was measured to docs/performance.md
  --help    this text

The exit status is 1 when the run is invalid: what is the same was not measured the same.`;

const {
  values: { json: isJson, quick: isQuick = false, write: isWritten = false, ...options },
  positionals: [asked = 'all'],
} = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean' },
    quick: { type: 'boolean' },
    write: { type: 'boolean' },
    help: { type: 'boolean' },
  },
});
if (options.help) {
  console.log(HELP);
  process.exit();
}

const parts = asked === 'all' ? (Object.keys(PARTS) as Part[]) : [asked as Part];
if (!parts.every(part => Object.hasOwn(KNOWN, part))) {
  console.error(`There is no part "${asked}". There is: all, ${Object.keys(KNOWN).join(', ')}.`);
  process.exit(2);
}
pin(process.pid, 1);
const reports: BenchReport[] = [];
const losses: string[] = [];
for (const part of parts) reports.push(isQuick ? await quickly(part) : await KNOWN[part]({ isQuick }));
const report = joined(reports);
if (isJson) console.log(JSON.stringify(report));
else {
  console.table(report.rows);
  console.table(report.goals);
}
if (isWritten) await writePage(remember(report));
if (!report.valid) {
  console.error('This run is invalid: what is the same was not measured the same. Run it again on a quiet machine.');
  if (!isQuick) process.exitCode = 1;
}
if (losses.length) {
  console.error(`This costs twice as much as before:\n${losses.join('\n')}`);
  process.exitCode = 1;
}

/** Measures again while something is lost, and notes what is lost each time: a machine is disturbed for a while, our code costs the same again. */
async function quickly(part: Part): Promise<BenchReport> {
  let report = await KNOWN[part]({ isQuick });
  let lost = grossLosses(report);
  for (let tries = 1; lost.size && tries < MAX_TRIES; tries++) {
    report = await KNOWN[part]({ isQuick });
    const again = grossLosses(report);
    lost = new Map([...again].filter(([what]) => lost.has(what)));
  }
  losses.push(...[...lost].map(([what, ratios]) => `${what}: ${ratios}`));
  return report;
}
