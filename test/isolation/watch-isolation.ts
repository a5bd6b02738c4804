import { setTimeout as sleep } from 'node:timers/promises';
import { type Call, type CallKind } from './call.js';
import { Chance } from './chance.js';
import { Client } from './client.js';
import { type Crossing, Judge } from './judge.js';
import { schedule } from './schedule.js';
import { type ObservedApplication } from './seen.js';
import { type User } from './users.js';

export interface Interleavings {
  /** Of each user. */
  readonly calls: number;
  /** Calls at the same time. Default 48. */
  readonly inFlight?: number;
  /** The same seed gives the same calls in the same order; what the machine makes of them differs. Default: any. */
  readonly seed?: number;
  /** Whether the first crossing ends the run. */
  readonly stopsAtFirst?: boolean;
  /** The most calls of the run. Default: those of all users. */
  readonly most?: number;
}

export interface IsolationPlan {
  readonly users: readonly User[];
  /** What is called. */
  readonly tools: readonly CallKind[];
  readonly interleavings: Interleavings;
}

export interface IsolationReport {
  readonly seed: number;
  readonly calls: number;
  readonly answered: number;
  /** Calls whose caller did not wait for the answer. */
  readonly left: number;
  readonly arrivals: number;
  readonly records: number;
  readonly crossings: readonly Crossing[];
  readonly unexpected: readonly string[];
  readonly seconds: number;
}

/** Milliseconds between two looks at the audit log. */
const LOOK_EVERY = 250;
/** Milliseconds in which nothing was recorded: then everything is. */
const QUIET = 1_000;

/**
 * Calls an application for many users at once, and reports everything that crossed from one to another: in an answer, in what an API was
 * shown, or on an audit log. It sees the application from outside alone.
 */
export async function watchIsolation(
  application: ObservedApplication,
  { users, tools, interleavings }: IsolationPlan,
): Promise<IsolationReport> {
  const { calls, inFlight = 48, seed = Date.now() % 2 ** 31, stopsAtFirst = false, most = Infinity } = interleavings;
  const started = performance.now();
  const judge = new Judge(users, scopesOf(tools));
  const client = new Client(application, inFlight);
  const counts = { calls: 0, answered: 0, left: 0, arrivals: 0, records: 0 };
  const planned = schedule(users, tools, calls, new Chance(seed));
  const isOver = () => (stopsAtFirst && judge.crossings.length > 0) || counts.calls >= most;

  async function work(): Promise<void> {
    while (!isOver()) {
      const next = planned.next();
      if (next.done) return;
      await make(next.value);
    }
  }
  async function make(call: Call): Promise<void> {
    counts.calls++;
    judge.expect(call);
    const ending = await client.send(call);
    look();
    if ('answer' in ending) {
      counts.answered++;
      judge.answer(call, ending.answer);
    } else if ('left' in ending) counts.left++;
    else judge.unexpected.push(`call ${call.number} (${call.kind.name}): ${ending.failed}`);
  }
  function look(): void {
    for (const arrival of application.arrivals()) {
      counts.arrivals++;
      judge.arrival(arrival);
    }
  }
  async function read(): Promise<number> {
    const { answered } = judge;
    const records = await application.records();
    for (const record of records) judge.record(record);
    judge.compareRecords(answered);
    counts.records += records.length;
    return records.length;
  }

  let isCalling = true;
  const reading = (async () => {
    while (isCalling) {
      await sleep(LOOK_EVERY);
      await read();
    }
  })();
  await Promise.all(Array.from({ length: inFlight }, work));
  isCalling = false;
  await reading;
  if (!isOver() || !stopsAtFirst) {
    do await sleep(QUIET);
    while (await read());
    look();
  }
  client.close();
  const { crossings, unexpected } = judge;
  return { seed, ...counts, crossings, unexpected, seconds: (performance.now() - started) / 1000 };
}

/**
 * The same as an assertion.
 *
 * @throws Error with the first crossings and the seed to see them again
 */
export async function expectIsolated(application: ObservedApplication, plan: IsolationPlan): Promise<IsolationReport> {
  const report = await watchIsolation(application, plan);
  const { crossings, unexpected, seed } = report;
  const problems = [...crossings.map(({ where, what }) => `${where}: ${what}`), ...unexpected];
  if (problems.length)
    throw new Error(
      `${crossings.length} crossings, ${unexpected.length} calls that failed (seed ${seed}):\n${problems.slice(0, 10).join('\n')}`,
    );
  return report;
}

function scopesOf(tools: readonly CallKind[]): ReadonlyMap<string, string> {
  return new Map(
    tools.flatMap(({ scope, ask }) => {
      const asked = ask('A-1');
      return 'tool' in asked && scope !== undefined ? [[asked.tool, scope] as const] : [];
    }),
  );
}
