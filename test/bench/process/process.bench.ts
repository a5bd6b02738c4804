import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { benchIssuer } from '../load/tokens.js';
import { type BenchReport, type BenchRow, type Group, isValid, rowsOf, twinOf } from '../report.js';
import { inProcess, type ProcessAbout } from './child.js';
import { JOSE_ONE, ONE_CREDENTIAL, ONE_CREDENTIAL_TWIN } from './receiver.js';
import { NOTHING } from './stages.js';
import { RAW, RAW_TWIN } from './verification.js';

const USERS = 1_000;

interface ProcessGroup extends Group {
  readonly group: ProcessAbout['group'];
  /** Which contender the twin is equal to. Default: `base`. */
  readonly twinOf?: string;
}

const GROUPS: readonly ProcessGroup[] = [
  {
    group: 'stages',
    adapter: 'stages, execution-identity',
    base: NOTHING,
    unit: RAW,
    compares: 'marginalUs',
    twinOf: RAW,
    twin: RAW_TWIN,
  },
  {
    group: 'receiver',
    adapter: 'receiver, execution-identity',
    base: ONE_CREDENTIAL,
    twin: ONE_CREDENTIAL_TWIN,
    unit: JOSE_ONE,
    compares: 'totalUs',
  },
];

/** What the library costs in process, without an HTTP client between, and downstream. An operation is what `rps` and `p99Ms` count. */
export async function benchProcess({ isQuick }: { isQuick: boolean }): Promise<BenchReport> {
  const issuer = benchIssuer();
  const tokens = Array.from({ length: USERS }, (_, user) => issuer.token(user));
  const scratch = await mkdtemp(join(tmpdir(), 'eie-bench-process-'));
  const measuring = isQuick ? { rounds: 5, ms: 80 } : { rounds: 9, ms: 400 };
  const rows: BenchRow[] = [];
  const aaTwin: Record<string, number> = {};
  try {
    for (const { group, twinOf: equal, ...about } of GROUPS) {
      const folder = join(scratch, group);
      const measured = await inProcess({ group, keys: issuer.keys, tokens, folder, ...measuring });
      rows.push(...rowsOf(measured, about));
      aaTwin[about.adapter] = twinOf(measured, { ...about, base: equal ?? about.base });
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return { valid: isValid(aaTwin), aaTwin, rows, goals: [] };
}
