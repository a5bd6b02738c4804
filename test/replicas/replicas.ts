import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { Logger } from '@nestjs/common';
import { SHOP_CALLS } from '../isolation/shop/shop-calls.js';
import { watchIsolation } from '../isolation/watch-isolation.js';
import { attackJobs, FULL as ALL_JOBS, type JobPlan, QUICK as SOME_JOBS } from '../jobs/attack-jobs.js';
import { QUEUE_STORES } from '../jobs/queue-servers.js';
import { raceApprovals } from './approvals.js';
import { replayProofs } from './replays.js';
import { revokeEach } from './revocations.js';
import { shareTokens } from './shared-tokens.js';
import { type Replicas, startReplicas } from './start-replicas.js';
import { storeFaults } from './store-faults.js';
import { startStores } from './start-stores.js';
import { type StoreServer } from './store.js';
import { tokensAtRest } from './tokens-at-rest.js';

process.env.NODE_ENV ??= 'test';
// The APIs of the shop run in this process.
Logger.overrideLogger(false);

const HELP = `npm run replicas [-- options] [store]
Runs three processes of the reference application over one store, behind a balancer: once over Redis, once over PostgreSQL, each started here.
Calls them for many users, revokes users, replays proofs, races approvals, looks for tokens in the store, and takes the store away. Then it does
the same where they share nothing, which must be noticed.

  store     redis or postgres: only over this one
  --quick   fewer of everything
  --json    only one line at the end: { stores: [{ store, instances, calls, crossings, ... }] }
  --help    this text

The exit status is 1 where something crosses, runs after its revocation, is taken twice, or a fault of the store is not answered as it must be.`;

interface Plan {
  readonly users: number;
  readonly calls: number;
  readonly revocations: number;
  readonly replays: number;
  readonly races: number;
  readonly jobs: JobPlan;
}

const FULL: Plan = { users: 100, calls: 100, revocations: 1_000, replays: 10_000, races: 100, jobs: ALL_JOBS };
/** Over no store at all. */
const CONTROL: Omit<Plan, 'jobs'> = { users: 4, calls: 2, revocations: 4, replays: 40, races: 1 };
const QUICK: Plan = { users: 20, calls: 15, revocations: 40, replays: 400, races: 3, jobs: SOME_JOBS };

async function attack(replicas: Replicas, payer: string, subs: readonly string[], plan: Omit<Plan, 'jobs'>) {
  const approvals = await raceApprovals(replicas, payer, plan.races);
  const replays = await replayProofs(replicas, payer, plan.replays);
  await Promise.all(replicas.instances.map(one => one.runs()));
  return { ...(await revokeEach(replicas, subs.slice(0, plan.revocations))), ...replays, ...approvals };
}

/** Whether instances that share nothing are noticed. */
async function isControlCaught(): Promise<boolean> {
  const replicas = await startReplicas({ kind: 'none', url: '' }, 2 * (CONTROL.revocations + 1));
  try {
    const [payer, ...subs] = replicas.subs;
    const { replaysTaken, effectsAfterRevocation } = await attack(replicas, payer!, subs, CONTROL);
    const { exchanges } = await shareTokens(replicas, payer!);
    return replaysTaken > 0 && effectsAfterRevocation > 0 && exchanges === replicas.instances.length;
  } finally {
    await replicas.close();
  }
}

/** Background work in a queue of the same kind, as somebody attacks it who can write into the queue. */
async function jobFigures(kind: StoreServer['kind'], plan: JobPlan) {
  const {
    store: _store,
    races: jobRaces,
    ...figures
  } = await attackJobs(
    QUEUE_STORES.find(({ name }) => name === kind)!,
    plan,
  );
  return { jobRaces, ...figures };
}

async function prove(store: StoreServer, plan: Plan, told: (line: string) => void) {
  const replicas = await startReplicas(store, 2 * (plan.revocations + plan.users + 2));
  try {
    const [payer, ...subs] = replicas.subs.slice(plan.users);
    const traffic = await watchIsolation(replicas, {
      users: replicas.users.slice(0, plan.users),
      tools: SHOP_CALLS,
      interleavings: { calls: plan.calls },
    });
    for (const { where, what } of traffic.crossings) told(`CROSSED  ${where}: ${what}`);
    for (const what of traffic.unexpected) told(`FAILED  ${what}`);
    const attacked = await attack(replicas, payer!, subs, plan);
    const sharing = await shareTokens(replicas, payer!);
    const atRest = await tokensAtRest(store, replicas.issued);
    const faults = await storeFaults(store, replicas, payer!);
    const queued = await jobFigures(store.kind, plan.jobs);
    return {
      store: store.kind,
      instances: replicas.instances.length,
      calls: traffic.calls,
      crossings: traffic.crossings.length,
      unexpected: traffic.unexpected.length,
      ...attacked,
      ...sharing,
      ...queued,
      tokensFoundInStores: atRest.tokensFoundInStores + queued.tokensFound,
      sealedTokensInStores: atRest.sealedTokensInStores,
      plantedTokenFound: atRest.plantedTokenFound && queued.plantedFound,
      storeFaults: faults,
      crashed: replicas.instances.filter(({ hasEnded }) => hasEnded).length,
    };
  } finally {
    await replicas.close();
  }
}

type Proof = Awaited<ReturnType<typeof prove>>;

const isGood = (one: Proof): boolean =>
  [one.crossings, one.unexpected, one.neverRan, one.effectsAfterRevocation, one.replaysTaken].every(count => !count) &&
  [one.proofsRefused, one.redeemedTwice, one.notRun, one.tokensFoundInStores, one.crashed].every(count => !count) &&
  one.exchanges === 1 &&
  one.answeredByApi === one.instances &&
  one.sealedTokensInStores > 0 &&
  one.revocationP99Ms <= 1_000 &&
  [one.tamperedRun, one.revokedRun, one.replayedRun].every(count => !count) &&
  one.racedRun === one.jobRaces &&
  one.genuineRun === one.genuine &&
  one.plantedTokenFound &&
  one.storeFaults.every(({ expected, seen }) => expected === seen);

const { values: options, positionals } = parseArgs({
  options: { json: { type: 'boolean' }, quick: { type: 'boolean' }, help: { type: 'boolean' } },
  allowPositionals: true,
});

if (options.help) console.log(HELP);
else {
  const told = (line: string): void => void (options.json || console.log(line));
  const stores: Proof[] = [];
  for await (const store of startStores(positionals)) {
    try {
      stores.push(await prove(store, options.quick ? QUICK : FULL, told));
    } finally {
      await store.close();
    }
  }
  const control = { planted: 'instances that share no store', isCaught: await isControlCaught() };
  await new Promise(resolve => process.stdout.write(`${JSON.stringify({ stores, control })}\n`, resolve));
  process.exitCode = stores.length && stores.every(isGood) && control.isCaught ? 0 : 1;
}
// Clients of the authorization server keep connections open.
process.exit();
