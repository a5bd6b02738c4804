import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NO_GUARD, TWIN, WARM_NO_AUDIT } from '../http/contenders.js';
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
import { AT_ONCE } from './pipeline.js';
import { JOSE_ONE, ONE_CREDENTIAL, ONE_CREDENTIAL_TWIN } from './receiver.js';
import { NOTHING } from './stages.js';
import { RAW, RAW_TWIN } from './verification.js';

const FULL_MS = 400;
const USERS = 1_000;
/** More than the memory of tokens holds. */
const STRANGERS = 12_000;
const PIPELINE = `Fastify, app.inject(), ${AT_ONCE} at once`;

interface ProcessGroup extends Group {
  readonly group: ProcessAbout['group'];
  /** Milliseconds of one measurement in the quick form: as short as the compiler allows. */
  readonly quickMs: number;
  /** Which contender the twin is equal to. Default: `base`. */
  readonly twinOf?: string;
}

const GROUPS: readonly ProcessGroup[] = [
  {
    group: 'stages',
    quickMs: 80,
    adapter: 'stages, execution-identity',
    base: NOTHING,
    unit: RAW,
    compares: 'marginalUs',
    twinOf: RAW,
    twin: RAW_TWIN,
  },
  {
    group: 'receiver',
    quickMs: 120,
    adapter: 'receiver, execution-identity',
    base: ONE_CREDENTIAL,
    twin: ONE_CREDENTIAL_TWIN,
    unit: JOSE_ONE,
    compares: 'totalUs',
  },
  {
    group: 'pipeline',
    quickMs: 250,
    adapter: PIPELINE,
    base: NO_GUARD,
    twin: TWIN,
    unit: RAW,
    compares: 'totalUs',
  },
];

/** What the library costs in process, without an HTTP client between, and downstream. An operation is what `rps` and `p99Ms` count. */
export async function benchProcess({ isQuick }: { isQuick: boolean }): Promise<BenchReport> {
  const issuer = benchIssuer();
  const tokens = Array.from({ length: USERS }, (_, user) => issuer.token(user));
  const strangers = Array.from({ length: STRANGERS }, (_, i) => issuer.token(i % USERS));
  const scratch = await mkdtemp(join(tmpdir(), 'eie-bench-process-'));
  const rounds = isQuick ? 5 : 9;
  const rows: BenchRow[] = [];
  const aaTwin: Record<string, number> = {};
  try {
    for (const { group, quickMs, twinOf: equal, ...about } of GROUPS) {
      const folder = join(scratch, group);
      const setting = { keys: issuer.keys, tokens, folder, ms: isQuick ? quickMs : FULL_MS };
      const measured = await inProcess({ group, rounds, ...setting, strangers: group === 'pipeline' ? strangers : [] });
      rows.push(...rowsOf(measured, about));
      aaTwin[about.adapter] = twinOf(measured, { ...about, base: equal ?? about.base });
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return { valid: isValid(aaTwin), aaTwin, rows, goals: goals(rows) };
}

function goals(rows: readonly BenchRow[]): BenchGoal[] {
  const of = (name: string) => rows.find(row => row.name === name && row.adapter === PIPELINE)!;
  const ratio = rounded(of(WARM_NO_AUDIT).marginalUs / of(RAW).totalUs, 2);
  return goalOf('warm, nothing kept of the audit, beyond a no-op guard, over raw RS256 verification', ratio, {
    mandatory: false,
    bar: 0.25,
    reach: 0.15,
  });
}
