import { crowdIssuer } from '../load/crowd.js';
import { type MeasuredGroup } from '../load/group.js';
import { rounded } from '../load/rounds.js';
import { type BenchReport, type BenchRow, goalOf, type Group, isValid, type TimeRow } from '../report.js';
import { measureBoot } from './boot.js';
import { measureUsers, type Protocol, usersGroup, usersName } from './users.js';
import { measureOverHttp, measurePipeline, ONE, OVER_HTTP, PIPELINE, PIPELINE_OF_NEST, TWIN, TWO } from './workers.js';

const CONNECTIONS = 16;
const FULL = {
  protocols: ['HTTP', 'MCP'],
  users: [1, 100, 10_000, 100_000],
  boots: 5,
  measuring: { connections: CONNECTIONS, rounds: 7, ms: 700, isQuick: false },
  pipelines: [PIPELINE, PIPELINE_OF_NEST],
} as const;
const QUICK = {
  protocols: ['HTTP'],
  users: [1, 100, 10_000],
  boots: 1,
  measuring: { connections: CONNECTIONS, rounds: 3, ms: 400, isQuick: true },
  pipelines: [],
} as const;

/** What changes with more users, more tools and more processes. */
export async function benchScale({ isQuick }: { isQuick: boolean }): Promise<BenchReport> {
  const { protocols, users, boots, measuring, pipelines } = isQuick ? QUICK : FULL;
  const crowd = crowdIssuer();
  const rows: BenchRow[] = [];
  const aaTwin: Record<string, number> = {};
  const add = ({ adapter }: Group, measured: MeasuredGroup): void => {
    rows.push(...measured.rows);
    aaTwin[adapter] = measured.aaTwin;
  };
  for (const protocol of protocols) add(usersGroup(protocol), await measureUsers(crowd, protocol, users, measuring));
  for (const group of pipelines) {
    add(group, await measurePipeline(crowd, group, measuring));
    const [one, other] = aloneIn(group, rows);
    aaTwin[`${group.adapter}, requests per second`] = rounded(other! / one! - 1, 3);
  }
  if (!isQuick) add(OVER_HTTP, await measureOverHttp(crowd, measuring));
  const boot: TimeRow[] = await measureBoot(crowd, boots);
  return { valid: isValid(aaTwin), aaTwin, rows: [...rows, ...boot], goals: goals(rows) };
}

function goals(rows: readonly BenchRow[]): BenchReport['goals'] {
  const of = (group: Group, name: string): BenchRow | undefined => rowOf(rows, group, name);
  const byUsers = (protocol: Protocol) =>
    goalOf(
      `CPU per call with 100,000 users over that with 100, ${protocol}`,
      of(usersGroup(protocol), usersName(100_000))?.ratio,
      { mandatory: true, bar: 1.2, reach: 1.05 },
    );
  return [
    ...byUsers('HTTP'),
    ...byUsers('MCP'),
    ...goalOf('requests per second of two worker processes over those of one', speedUp(rows), {
      mandatory: false,
      bar: 1.8,
      reach: 1.9,
    }),
    ...goalOf('CPU per call over HTTP with two worker processes over that with one', of(OVER_HTTP, TWO)?.ratio, {
      mandatory: false,
      bar: 1.1,
      reach: 1.05,
    }),
  ];
}

const rowOf = (rows: readonly BenchRow[], { adapter }: Group, name: string): BenchRow | undefined =>
  rows.find(row => row.adapter === adapter && row.name === name);

/** Requests per second of each of the two processes, alone. */
const aloneIn = (group: Group, rows: readonly BenchRow[]): (number | undefined)[] =>
  [ONE, TWIN].map(name => rowOf(rows, group, name)?.rps);

/** Over the mean of the two: one may have the better processor. */
function speedUp(rows: readonly BenchRow[]): number | undefined {
  const [one, other] = aloneIn(PIPELINE, rows);
  const two = rowOf(rows, PIPELINE, TWO)?.rps;
  return one === undefined || other === undefined || two === undefined
    ? undefined
    : rounded((2 * two) / (one + other), 2);
}
