import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Era } from '../../support/app.js';
import { headersFor, message } from '../../support/mcp-messages.js';
import { measureGroup } from '../load/group.js';
import { requestBytes } from '../load/requests.js';
import { rounded } from '../load/rounds.js';
import { benchIssuer, inTurn } from '../load/tokens.js';
import { type BenchGoal, type BenchReport, type BenchRow, goalOf, type Group, isValid } from '../report.js';
import { MCP_CONTENDERS, MCP_NEST, OURS, OURS_DURABLE, SDK, SDK_TWIN } from './contenders.js';
import { type McpServerAbout } from './server.js';
import { toolName } from './tools.js';

const USERS = 1_000;
const CONNECTIONS = 16;
const SERVER = new URL('./server.ts', import.meta.url);
const ERAS = ['2025-11-25', '2026-07-28'] as const;

/** How many tools its server has, beside the contender. */
interface Wanted {
  readonly contender: string;
  readonly tools: number;
}

const withTools = (tools: number, contenders: readonly string[]): Wanted[] =>
  contenders.map(contender => ({ contender, tools }));
const FULL = [
  withTools(1, Object.keys(MCP_CONTENDERS)),
  [
    ...withTools(100, [SDK, SDK_TWIN, MCP_NEST, OURS, OURS_DURABLE]),
    ...[1, 1_000].map(tools => ({ contender: OURS, tools })),
  ],
];
const QUICK = [withTools(1, [SDK, SDK_TWIN, OURS_DURABLE])];

/** What a `tools/call` costs, each era of the protocol by itself. */
export async function benchMcp({ isQuick }: { isQuick: boolean }): Promise<BenchReport> {
  const issuer = benchIssuer();
  const tokens = Array.from({ length: USERS }, (_, user) => issuer.token(user));
  const scratch = await mkdtemp(join(tmpdir(), 'eie-bench-mcp-'));
  const measuring = {
    connections: CONNECTIONS,
    isQuick,
    ...(isQuick ? { rounds: 3, ms: 500 } : { rounds: 12, ms: 700 }),
  };
  const rows: BenchRow[] = [];
  const aaTwin: Record<string, number> = {};
  try {
    for (const era of isQuick ? ERAS.slice(1) : ERAS) {
      for (const wanted of isQuick ? QUICK : FULL) {
        const members = wanted.map(({ contender, tools }) => ({
          name: nameOf(contender, tools),
          about: { contender, tools, keys: issuer.keys, folder: join(scratch, era) } satisfies McpServerAbout,
          next: inTurn(tokens.map(token => callOf(era, tools, token))),
        }));
        const group = groupOf(era, wanted[0]!.tools);
        const measured = await measureGroup(group, SERVER, members, measuring);
        rows.push(...measured.rows);
        aaTwin[group.adapter] = measured.aaTwin;
      }
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
  return { valid: isValid(aaTwin), aaTwin, rows, goals: goals(rows) };
}

const nameOf = (contender: string, tools: number): string =>
  `${contender}, ${tools === 1 ? '1 tool' : `${tools} tools`}`;

const groupOf = (era: Era, tools: number): Group => ({
  adapter: `MCP ${era}, ${tools === 1 ? '1 tool' : `${tools} tools`}`,
  base: nameOf(SDK, tools),
  twin: nameOf(SDK_TWIN, tools),
  unit: nameOf(SDK, tools),
  compares: 'totalUs',
});

/** A call of the last tool. */
function callOf(era: Era, tools: number, token: string): Buffer {
  const call = message(era, 'tools/call', { name: toolName(tools - 1), arguments: { order: 'A-100' } });
  return requestBytes({
    token,
    method: 'POST',
    path: '/mcp',
    headers: headersFor(era, call),
    body: JSON.stringify(call),
  });
}

function goals(rows: readonly BenchRow[]): BenchGoal[] {
  return ERAS.flatMap(era => {
    const of = (contender: string, tools: number, group = tools): number | undefined =>
      rows.find(row => row.name === nameOf(contender, tools) && row.adapter === groupOf(era, group).adapter)?.totalUs;
    const ratio = (one: number | undefined, other: number | undefined): number | undefined =>
      one === undefined || other === undefined ? undefined : rounded(one / other, 2);
    const goal = (text: string, ...[measured, mandatory, bar, reach]: [number | undefined, boolean, number, number]) =>
      goalOf(`${text}, ${era}`, measured, { mandatory, bar, reach });
    return [
      ...goal(
        'tools/call over that of the official SDK without identity, nothing kept of the audit, 1 tool',
        ratio(of(OURS, 1), of(SDK, 1)),
        true,
        1.15,
        0.8,
      ),
      ...goal('the same, 100 tools', ratio(of(OURS, 100), of(SDK, 100)), true, 0.6, 0.4),
      ...goal(
        'tools/call with durable audit over that of mcp-nest without identity',
        ratio(of(OURS_DURABLE, 1), of(MCP_NEST, 1)),
        false,
        1.5,
        1,
      ),
      ...goal(
        'tools/call with 1,000 tools over that with 1',
        ratio(of(OURS, 1_000, 100), of(OURS, 1, 100)),
        true,
        1.1,
        1.02,
      ),
    ];
  });
}
