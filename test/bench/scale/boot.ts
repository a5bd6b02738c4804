import { endProcess, startProcess } from '../load/bench-server.js';
import { type Crowd } from '../load/crowd.js';
import { type CrowdAbout } from '../load/crowd-app.js';
import { assertNamed, mcpCall } from '../load/crowd-calls.js';
import { median, rounded } from '../load/rounds.js';
import { type TimeRow } from '../report.js';
import { type Booted } from './boot-process.js';

const BOOT_PROCESS = new URL('./boot-process.ts', import.meta.url);
const CAPACITY = 10_000;
const TOOLS = [1, 1_000];

/** How long an application with as many tools takes until it listens, each time in a process of its own. Without the loading of modules. */
export async function measureBoot(crowd: Crowd, times: number): Promise<TimeRow[]> {
  const seen = new Map<number, number[]>(TOOLS.map(tools => [tools, []]));
  for (let time = 0; time < times; time++) for (const [tools, all] of seen) all.push(await bootOnce(crowd, tools));
  return [...seen].map(([tools, all]) => ({
    name: `boot with ${tools === 1 ? '1 tool' : `${tools.toLocaleString('en-US')} tools`}`,
    adapter: 'fastify, MCP',
    ms: rounded(median(all)),
    range: [rounded(Math.min(...all)), rounded(Math.max(...all))],
  }));
}

async function bootOnce(crowd: Crowd, tools: number): Promise<number> {
  const about = { key: crowd.key, capacity: CAPACITY, tools } satisfies CrowdAbout;
  const [child, { port, ms }] = await startProcess<Booted>(BOOT_PROCESS, about);
  try {
    await assertNamed(mcpCall(tools), crowd, port);
    return ms;
  } finally {
    await endProcess(child);
  }
}
