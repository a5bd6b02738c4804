import { type Answer, send } from '../support/mcp-messages.js';
import { startWorld, type World } from '../support/world.js';
import { refusesUndeclared, type Stage, startStage } from './application.js';
import { type Call, goodCall, hostileCall } from './calls.js';
import { type Caller, judge, type Judged } from './judge.js';
import { seeded } from './spellings.js';

export interface Outcome {
  readonly calls: number;
  readonly hostile: number;
  readonly changedIdentity: number;
  readonly crashed: number;
  /** Hostile calls that ran nothing, and those of them with a record that says why. */
  readonly refused: number;
  readonly recorded: number;
  /** Hostile calls that ran for their caller: what they said was data. */
  readonly ranAsCaller: number;
  readonly legitimate: { readonly calls: number; readonly ok: number };
  readonly polluted: boolean;
  readonly controls: readonly { readonly name: string; readonly caught: boolean }[];
  /** The first few calls with which something is wrong. */
  readonly failures: readonly string[];
}

const AT_ONCE = 16;
const USERS = 10;
/** Calls for which one token of each user is used. */
const TOKENS_FOR = 2_000;
const FAILURES = 5;

const callerOf = (number: number): Caller => ({
  sub: `user-${number % USERS}`,
  tenant: number % 2 ? 'globex' : 'acme',
});

interface Sent {
  readonly call: Call;
  readonly caller: Caller;
  readonly trace: string;
  readonly answer: Answer | undefined;
}

/** @param hostile how many hostile calls; every fifth call is a legitimate one */
export async function runFirewall({ hostile, seed }: { hostile: number; seed: number }): Promise<Outcome> {
  const world = await startWorld();
  const clean = prototypeMembers();
  let unhandled = 0;
  const onUnhandled = (): void => void unhandled++;
  process.on('unhandledRejection', onUnhandled);
  try {
    const { sent, judged } = await attack(world, await startStage(world), { hostile, seed });
    const faulty = await attack(world, await startStage(world, 'trusts input'), { hostile: 100, seed });
    const of = (wanted: (one: Judged, call: Call) => boolean): number =>
      judged.filter((one, i) => wanted(one, sent[i]!.call)).length;
    const good = of((_one, call) => !call.isHostile);
    return {
      calls: sent.length,
      hostile: sent.length - good,
      changedIdentity: of(({ wrong }) => wrong === 'changed'),
      crashed: of(({ wrong }) => wrong === 'crashed') + unhandled,
      refused: of(({ ran }, call) => call.isHostile && !ran),
      recorded: of(({ ran, wrong }, call) => call.isHostile && !ran && !wrong),
      ranAsCaller: of(({ ran, wrong }, call) => call.isHostile && ran && !wrong),
      legitimate: { calls: good, ok: of(({ wrong }, call) => !call.isHostile && !wrong) },
      polluted: prototypeMembers() !== clean,
      controls: [
        {
          name: 'a tool that acts for whom its input names',
          caught: faulty.judged.some(({ wrong }) => wrong === 'changed'),
        },
        { name: 'an input that names an identity undeclared', caught: await refusesUndeclared(world) },
      ],
      failures: sent
        .flatMap(({ call }, i) => (judged[i]!.wrong ? [described(call, judged[i]!)] : []))
        .slice(0, FAILURES),
    };
  } finally {
    process.off('unhandledRejection', onUnhandled);
    await world.close();
  }
}

export const isSound = (outcome: Outcome): boolean =>
  outcome.changedIdentity === 0 &&
  outcome.crashed === 0 &&
  outcome.refused === outcome.recorded &&
  outcome.refused + outcome.ranAsCaller === outcome.hostile &&
  outcome.legitimate.ok === outcome.legitimate.calls &&
  !outcome.polluted &&
  outcome.controls.every(({ caught }) => caught);

async function attack(
  world: World,
  stage: Stage,
  { hostile, seed }: { hostile: number; seed: number },
): Promise<{ sent: Sent[]; judged: Judged[] }> {
  const random = seeded(seed);
  const total = Math.ceil((hostile * 5) / 4);
  const calls = Array.from({ length: total }, (_, i) => (i % 5 === 4 ? goodCall(random) : hostileCall(random)));
  const traces = calls.map(() => `f${random.hex(31)}`);
  const sent: Sent[] = [];
  const left = calls.keys();
  const tokens = new Map<string, string>();
  const tokenFor = ({ sub }: Caller, i: number): string => {
    const key = `${sub} ${Math.floor(i / TOKENS_FOR)}`;
    const known = tokens.get(key) ?? world.userToken({ sub });
    tokens.set(key, known);
    return known;
  };
  const work = async (): Promise<void> => {
    for (const i of left) {
      const [call, caller, trace] = [calls[i]!, callerOf(i), traces[i]!];
      const headers = { ...call.headers, traceparent: `00-${trace}-00000000000000f1-01` };
      const answer = await send(stage.shop.url, tokenFor(caller, i), call.era, call.body, { headers }).catch(
        () => undefined,
      );
      sent[i] = { call, caller, trace, answer };
    }
  };
  try {
    await Promise.all(Array.from({ length: AT_ONCE }, work));
  } finally {
    // With it the last outcomes are recorded.
    await stage.close();
  }
  const records = byTrace(stage.shop.auditLog.events, one => one.trace_id!);
  const seen = byTrace(stage.seen, one => one.trace);
  return {
    sent,
    judged: sent.map(({ call, caller, trace, answer }) =>
      judge({
        isHostile: call.isHostile,
        caller,
        answer,
        seen: seen.get(trace) ?? [],
        records: records.get(trace) ?? [],
      }),
    ),
  };
}

function byTrace<One>(all: readonly One[], traceOf: (one: One) => string): Map<string, One[]> {
  const found = new Map<string, One[]>();
  for (const one of all) {
    const known = found.get(traceOf(one));
    if (known) known.push(one);
    else found.set(traceOf(one), [one]);
  }
  return found;
}

const prototypeMembers = (): string =>
  [Object.prototype, Array.prototype].map(one => Reflect.ownKeys(one).map(String).join()).join();

const described = ({ body, headers, era }: Call, { wrong }: Judged): string =>
  `${wrong}: ${JSON.stringify({ era, body, headers }).slice(0, 600)}`;
