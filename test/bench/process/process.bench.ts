import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NO_GUARD, TWIN, WARM_NO_AUDIT } from '../http/contenders.js';
import { measuredTwice } from '../load/group.js';
import { rounded } from '../load/rounds.js';
import { benchIssuer } from '../load/tokens.js';
import {
  type BenchGoal,
  type BenchReport,
  type BenchRow,
  goalOf,
  type Group,
  isValid,
  rowsOf,
  twinOf,
} from '../report.js';
import { inProcess, type ProcessAbout } from './child.js';
import { BARE, BARE_TWIN, ON_BEHALF_OF } from './downstream.js';
import { AT_ONCE } from './pipeline.js';
import { JOSE_ONE, ONE_CREDENTIAL, ONE_CREDENTIAL_TWIN } from './receiver.js';
import { NOTHING } from './stages.js';
import { RAW, RAW_TWIN } from './verification.js';

const USERS = 1_000;
/** More than the memory of tokens holds. */
const STRANGERS = 12_000;
const PIPELINE = `Fastify, app.inject(), ${AT_ONCE} at once`;
const DOWNSTREAM = {
  calls: 'calls of an API, in one execution',
  executions: 'executions with a call of an API each',
};

interface ProcessGroup extends Group {
  readonly group: ProcessAbout['group'];
  /** Milliseconds of one measurement, full and quick: the more code, the longer until the compiler has seen it. */
  readonly ms: readonly [full: number, quick: number];
  /** Which contender the twin is equal to. Default: `base`. */
  readonly twinOf?: string;
}

const GROUPS: readonly ProcessGroup[] = [
  {
    group: 'stages',
    ms: [400, 60],
    adapter: 'stages, execution-identity',
    base: NOTHING,
    unit: RAW,
    compares: 'marginalUs',
    twinOf: RAW,
    twin: RAW_TWIN,
  },
  {
    group: 'receiver',
    ms: [400, 80],
    adapter: 'receiver, execution-identity',
    base: ONE_CREDENTIAL,
    twin: ONE_CREDENTIAL_TWIN,
    unit: JOSE_ONE,
    compares: 'totalUs',
  },
  {
    group: 'pipeline',
    ms: [400, 150],
    adapter: PIPELINE,
    base: NO_GUARD,
    twin: TWIN,
    unit: RAW,
    compares: 'totalUs',
  },
  ...(['calls', 'executions'] as const).map(group => ({
    group,
    ms: [800, 150] as const,
    adapter: DOWNSTREAM[group],
    base: BARE,
    twin: BARE_TWIN,
    unit: BARE,
    compares: 'totalUs' as const,
  })),
];

/** What the library costs in process, without an HTTP client between, and downstream. An operation is what `rps` and `p99Ms` count. */
export async function benchProcess({ isQuick }: { isQuick: boolean }): Promise<BenchReport> {
  const issuer = benchIssuer();
  const tokens = Array.from({ length: USERS }, (_, user) => issuer.token(user));
  const strangers = Array.from({ length: STRANGERS }, (_, i) => issuer.token(i % USERS));
  const scratch = await mkdtemp(join(tmpdir(), 'eie-bench-process-'));
  const rounds = isQuick ? 3 : 9;
  const rows: BenchRow[] = [];
  const aaTwin: Record<string, number> = {};
  try {
    for (const {
      group,
      ms: [full, quick],
      twinOf: equal,
      ...about
    } of GROUPS) {
      const folder = join(scratch, group);
      const setting = { keys: issuer.keys, tokens, folder, ms: isQuick ? quick : full, isQuick };
      const measured = await measuredTwice(async () => {
        const all = await inProcess({ group, rounds, ...setting, strangers: group === 'pipeline' ? strangers : [] });
        return { rows: rowsOf(all, about), aaTwin: twinOf(all, { ...about, base: equal ?? about.base }) };
      }, isQuick);
      rows.push(...measured.rows);
      aaTwin[about.adapter] = measured.aaTwin;
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return { valid: isValid(aaTwin), aaTwin, rows, goals: goals(rows) };
}

function goals(rows: readonly BenchRow[]): BenchGoal[] {
  const of = (adapter: string, name: string) => rows.find(row => row.name === name && row.adapter === adapter)!;
  const ratio = rounded(of(PIPELINE, WARM_NO_AUDIT).marginalUs / of(PIPELINE, RAW).totalUs, 2);
  const wish = (bar: number, reach: number) => ({ mandatory: false, bar, reach });
  return [
    ...goalOf(
      'warm, nothing kept of the audit, beyond a no-op guard, over raw RS256 verification',
      ratio,
      wish(0.25, 0.15),
    ),
    ...Object.values(DOWNSTREAM).flatMap(adapter =>
      goalOf(
        `cached delegated call over bare fetch, added CPU in µs, ${adapter}`,
        of(adapter, ON_BEHALF_OF).marginalUs,
        wish(40, 20),
      ),
    ),
  ];
}
