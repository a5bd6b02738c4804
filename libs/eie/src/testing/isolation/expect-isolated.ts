import { AssertionError } from 'node:assert';
import { randomBytes, randomInt } from 'node:crypto';
import { EieConfigurationError } from 'execution-identity';
import { type TestApp } from '../app/test-app.js';
import { type TestIdentity } from '../app/test-identity.js';
import { chance, shuffled } from './chance.js';
import { crossedAnswers, crossedRecords, crossedTargetCalls, type IsolatedCall, traceOf } from './crossings.js';
import { type IsolatedTool, type IsolationOptions, type IsolationReport } from './isolation.options.js';

const MAX_CALLS = 20_000;
/** Milliseconds: so late may a target answer, so that answers come in another order than calls. */
const JITTER = 5;
const SHOWN = 10;

interface PlannedCall {
  readonly user: TestIdentity & { readonly sub: string };
  readonly tool: IsolatedTool;
}

/**
 * Calls tools for many users at once, and fails where something of one reaches another: an answer that names another user, a record of the audit
 * log or a call of a fake target in another name than that of the caller, a call without an intent and an outcome of its own. Fake targets answer
 * late by chance meanwhile, so let them answer with the user: `reply(({ sub }) => ({ json: { owner: sub } }))`.
 *
 * It does NOT prove isolation: it finds what interleaving shows, where answers name their user. A tool that always fails is a failure, too.
 *
 * @throws AssertionError that lists what has crossed, and the seed that repeats it; EieConfigurationError for users that cannot be told apart
 * @example await expectIsolated(app, { users: 20, as: { scopes: ['orders:read'] }, tools: ['list_orders'], interleavings: 10 })
 */
export async function expectIsolated(app: TestApp, options: IsolationOptions): Promise<IsolationReport> {
  const { tools, interleavings = 5, atOnce = 50, era, seed = randomInt(2 ** 32 - 1) } = options;
  const users = usersOf(options);
  const subs = users.map(({ sub }) => sub);
  const round = users.flatMap(user =>
    tools.map(tool => ({ user, tool: typeof tool === 'string' ? { name: tool } : tool })),
  );
  if (!round.length || round.length * interleavings > MAX_CALLS)
    throw new EieConfigurationError(`expectIsolated() makes 1 to ${MAX_CALLS} calls: users × tools × interleavings.`);
  const random = chance(seed);
  const before = app.audit.events.length;
  const received = new Map(app.targets.map(target => [target, target.calls.length]));
  const calls = new Map<string, IsolatedCall>();
  const call = async ({ user, tool: { name, input = {}, path } }: PlannedCall): Promise<void> => {
    const trace = randomBytes(16).toString('hex');
    const headers = { traceparent: `00-${trace}-${randomBytes(8).toString('hex')}-01` };
    const given = typeof input === 'function' ? (input as (one: TestIdentity) => object)(user) : input;
    const answer = await app
      .as(user)
      .callTool(name, given, { headers, ...(era && { era }), ...(path !== undefined && { path }) });
    calls.set(trace, { trace, sub: user.sub, tool: name, answer });
  };
  for (const target of received.keys()) target.spread(() => random() * JITTER);
  try {
    for (let i = 0; i < interleavings; i += 1) await inParallel(shuffled(round, random), atOnce, call);
    await settled(app, calls);
  } finally {
    for (const target of received.keys()) target.spread(undefined);
  }
  const events = app.audit.events.slice(before);
  const targetCalls = [...received].map(([target, count]) => ({ target, calls: target.calls.slice(count) }));
  const crossings = [
    ...crossedAnswers(calls, subs),
    ...crossedRecords(calls, subs, events),
    ...targetCalls.flatMap(({ target, calls: those }) => crossedTargetCalls(calls, target.name, those)),
  ];
  if (crossings.length) throw failure(crossings, seed);
  return {
    calls: calls.size,
    records: events.filter(({ trace_id: trace }) => calls.has(trace ?? '')).length,
    targetCalls: targetCalls.flatMap(one => one.calls).filter(one => calls.has(traceOf(one))).length,
    seed,
  };
}

/** @throws EieConfigurationError where one sub is part of another: an answer that names one would seem to name the other */
function usersOf({ users = 10, as }: IsolationOptions): PlannedCall['user'][] {
  const named =
    typeof users === 'number'
      ? Array.from({ length: users }, (_, i) => ({ sub: `user-${i}-${randomBytes(4).toString('hex')}` }))
      : users;
  const all = named.map(user => ({ ...as, ...user }));
  const subs = all.map(({ sub }) => sub ?? '');
  if (subs.some((sub, i) => subs.some((other, j) => i !== j && other.includes(sub))))
    throw new EieConfigurationError('Each of the users of expectIsolated() needs a sub that is part of no other sub.');
  return all as PlannedCall['user'][];
}

/** An outcome may follow its answer. */
async function settled(app: TestApp, calls: ReadonlyMap<string, IsolatedCall>): Promise<void> {
  for (const { trace, answer } of calls.values())
    if (!answer.isError) await app.audit.waitFor({ type: 'execution.outcome', trace_id: trace }).catch(() => undefined);
}

async function inParallel<One>(list: readonly One[], atOnce: number, run: (one: One) => Promise<void>): Promise<void> {
  const rest = list.values();
  const worker = async (): Promise<void> => {
    for (const one of rest) await run(one);
  };
  await Promise.all(Array.from({ length: Math.max(1, Math.min(atOnce, list.length)) }, worker));
}

function failure(crossings: readonly string[], seed: number): AssertionError {
  const shown = [...new Set(crossings)].slice(0, SHOWN).map(one => `  - ${one}`);
  const message = `The calls of these users are not apart (${crossings.length}, seed ${seed}):\n${shown.join('\n')}`;
  return new AssertionError({ message, actual: crossings.length, expected: 0, operator: 'expectIsolated' });
}
