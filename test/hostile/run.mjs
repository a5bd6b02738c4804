import { Driver } from './drive.mjs';
import { randomFrom } from './random.mjs';
import { genuineTokens, mixedRequests, plainRequests, unknownKeys } from './requests/plan.mjs';

const MOST_PLAIN_REQUESTS = 500;
const TIMES_ALONE = 3;

/** Drives an application through every family of requests, then through unknown keys, and says what came of it. */
export async function run({ issuers, server, seed, requests }) {
  const random = randomFrom(seed);
  const world = { ...issuers, genuine: genuineTokens(issuers) };
  const driver = new Driver(server);
  try {
    const [unknown, plain] = [Math.floor(requests / 4), Math.min(MOST_PLAIN_REQUESTS, Math.floor(requests / 20))];
    await driver.send(mixedRequests(world, random, requests - unknown - plain));
    const undisturbed = median(await driver.send(plainRequests(world, plain)));
    const fetched = issuers.requests.length;
    const disturbed = median(await driver.send(unknownKeys(world, random, unknown)));
    const unknownKeyFlood = {
      requests: unknown,
      fetches: issuers.requests.length - fetched,
      goodGuardMs: { undisturbed, disturbed },
    };
    const { requests: sent, verdicts, reasons, unhandled, failures, loopDelayMs } = driver;
    const slowest = await slowestAlone(driver);
    const count = verdict => verdicts[verdict] ?? 0;
    return {
      totals: {
        requests: sent,
        rejectedByNode: count('rejectedByNode'),
        accepted: count('accepted'),
        goodRefused: count('goodRefused'),
        status5xx: count('status5xx'),
        unhandled: unhandled + count('unanswered'),
        refusalsUnaccounted: count('refusalUnaccounted'),
        slowestMs: Number((slowest[0]?.ms ?? 0).toFixed(2)),
      },
      verdicts,
      reasons,
      failures,
      slowest,
      loopDelayMs,
      unknownKeyFlood,
      /** Addresses that a token named and somebody fetched. */
      lured: issuers.requests.filter(path => path !== '/jwks').length,
    };
  } finally {
    driver.close();
  }
}

/** The slowest request of each kind once more, a few times, with nothing else in flight; slowest kind first. */
async function slowestAlone(driver) {
  const kinds = [];
  for (const [kind, { request }] of driver.slowest) {
    const times = [];
    for (let i = 0; i < TIMES_ALONE; i++) times.push(await driver.alone(request));
    kinds.push({ kind, ms: median(times) });
  }
  return kinds.sort((one, other) => other.ms - one.ms);
}

function median(values) {
  return values.sort((one, other) => one - other)[Math.floor(values.length / 2)] ?? 0;
}

/** What must be zero is zero, nothing was fetched on a token's word, and unknown keys caused four fetches at most. */
export const isSound = ({ totals, lured, unknownKeyFlood }) =>
  ['accepted', 'goodRefused', 'status5xx', 'unhandled', 'refusalsUnaccounted'].every(name => totals[name] === 0) &&
  lured === 0 &&
  unknownKeyFlood.fetches <= 4;
