import { type KeyObject } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { type Job, type Queue } from 'bullmq';
import { CompactSign } from 'jose';
import {
  type ExecutionIdentityEnvelope,
  IdentityRevocation,
  JobIdentities,
  MemoryReplayStore,
  MemoryRevocationStore,
} from 'nestjs-eie';
import { addJob, jobProcessor } from 'nestjs-eie-bullmq';
import { newKeyPair } from '../../src/authorization-server/key-pair.js';
import { startWorld, type World } from '../support/world.js';
import { type JobApp, QUEUE, startJobApp } from './job-app.js';
import { type QueueServer, type QueueStore } from './queue-servers.js';
import { type Loot, TAMPERINGS } from './tampered-jobs.js';

/** How many jobs of each kind are put into the queue. */
export interface JobPlan {
  readonly tampered: number;
  readonly revoked: number;
  readonly genuine: number;
  readonly races: number;
}

export const FULL: JobPlan = { tampered: 10_000, revoked: 1_000, genuine: 200, races: 100 };
export const QUICK: JobPlan = { tampered: 480, revoked: 50, genuine: 20, races: 10 };

/** What ran of it. All but `genuineRun`, which is the control, and `racedRun`, which is one for each race, must be 0. */
export interface JobFigures {
  readonly store: QueueStore['name'];
  readonly workers: number;
  readonly kinds: number;
  readonly jobs: number;
  readonly tamperedRun: number;
  readonly revoked: number;
  readonly revokedRun: number;
  readonly replayed: number;
  readonly replayedRun: number;
  readonly races: number;
  readonly racedRun: number;
  readonly genuine: number;
  readonly genuineRun: number;
  /** How many jobs the store says have failed: all that are tampered, replayed and revoked. */
  readonly refused: number;
  /** Access tokens that are in the jobs of the store. */
  readonly tokensFound: number;
  /** Whether a token that was put there is found: the control. */
  readonly plantedFound: boolean;
}

const WORKERS = 2;
const RACERS = 20;
const CHUNK = 500;

const signedAgain = (sealed: string, key: KeyObject): Promise<string> => {
  const [header, claims] = sealed.split('.').map(part => Buffer.from(part, 'base64url'));
  return new CompactSign(claims!).setProtectedHeader(JSON.parse(header!.toString()) as never).sign(key);
};

/** Attacks jobs in a queue as somebody who can write into it, with workers in this process that share their stores. */
export async function attackJobs(store: QueueStore, plan: JobPlan): Promise<JobFigures> {
  const world = await startWorld();
  const queues = await store.start();
  const ports = { replay: new MemoryReplayStore(1_000_000), revocation: new MemoryRevocationStore() };
  const apps: JobApp[] = [];
  const foreign = await startJobApp(world, {
    options: { signing: { keys: world.sealing.keys, trustDomain: 'other.test' } },
  });
  try {
    for (let i = 0; i < WORKERS; i++) apps.push(await startJobApp(world, { options: { ports } }));
    return await new Attack(world, queues, apps, foreign, plan).run(store.name);
  } finally {
    await queues.stop();
    for (const app of [...apps, foreign]) await app.close();
    await world.close();
  }
}

class Attack {
  readonly #queue: Queue;
  readonly #other: Queue;
  #ranBefore = 0;
  #refusedBefore = 0;
  #refused = 0;
  readonly #planted = new Set<string>();
  #end: () => void = () => undefined;
  readonly #over = new Promise<void>(resolve => (this.#end = resolve));

  constructor(
    private readonly world: World,
    queues: QueueServer,
    private readonly apps: readonly JobApp[],
    private readonly foreign: JobApp,
    private readonly plan: JobPlan,
  ) {
    this.#queue = queues.queue(QUEUE);
    this.#other = queues.queue('payments');
    for (const app of apps)
      for (const name of [QUEUE, 'payments']) queues.worker(name, jobProcessor(app.app.get(JobIdentities)), 20);
  }

  async run(store: QueueStore['name']): Promise<JobFigures> {
    const { plan } = this;
    const added = await this.#addFor('alice', plan.genuine);
    const genuineRun = await this.#ranIn(() => Promise.resolve());
    const tamperedRun = await this.#ranIn(() => this.#addTampered());
    let refused = this.#refused;
    const replayedRun = await this.#ranIn(() => this.#putBack(added));
    refused += this.#refused;
    const revokedRun = await this.#ranIn(() => this.#revoke('user-6'));
    refused += this.#refused;
    this.#end();
    const racedRun = await this.#ranIn(() => this.#race());
    const stored = [await this.#texts(this.#queue), await this.#texts(this.#other)].flat();
    const all = stored.join('\n');
    const found = this.world.minted.filter(token => all.includes(token));
    return {
      store,
      workers: WORKERS,
      kinds: Object.keys(TAMPERINGS).length,
      jobs: plan.tampered,
      tamperedRun,
      revoked: plan.revoked,
      revokedRun,
      replayed: added.length * 2,
      replayedRun,
      races: plan.races,
      racedRun,
      genuine: plan.genuine,
      genuineRun,
      refused,
      tokensFound: found.filter(token => !this.#planted.has(token)).length,
      plantedFound: found.some(token => this.#planted.has(token)),
    };
  }

  get #ran(): number {
    return this.apps.reduce((ran, { done }) => ran + done.length, 0);
  }

  /** How many handlers have run because of what `put` does, once the queues are empty. */
  async #ranIn(put: () => Promise<unknown>): Promise<number> {
    const before = this.#ranBefore;
    await put();
    for (const queue of [this.#queue, this.#other])
      while ((await queue.getJobCountByTypes('waiting', 'active', 'delayed', 'prioritized')) > 0) await sleep(20);
    const failed = (await this.#queue.getFailedCount()) + (await this.#other.getFailedCount());
    this.#refused = failed - this.#refusedBefore;
    this.#refusedBefore = failed;
    this.#ranBefore = this.#ran;
    return this.#ran - before;
  }

  async #addFor(sub: string, count: number): Promise<Job[]> {
    const token = this.world.userToken({ sub });
    return this.apps[0]!.within(token, identity =>
      Promise.all(
        Array.from({ length: count }, (_, number) =>
          addJob<Job>(
            this.#queue,
            identity,
            'send',
            { number, text: `report ${number} of ${sub}` },
            { scopes: ['orders:read'] },
          ),
        ),
      ),
    );
  }

  async #addTampered(): Promise<void> {
    const kinds = Object.values(TAMPERINGS);
    for (let first = 0; first < this.plan.tampered; first += CHUNK) {
      const loots = await this.#loots(first, Math.min(CHUNK, this.plan.tampered - first));
      const jobs = await Promise.all(loots.map(async (loot, i) => kinds[(first + i) % kinds.length]!(loot, first + i)));
      // What has a life of one second has expired then.
      await sleep(1_100);
      for (const queue of [this.#queue, this.#other])
        await queue.addBulk(
          jobs
            .filter(job => job.queue === queue.name)
            .map(({ id, name, data }) => ({ name, data, opts: { jobId: id } })),
        );
    }
  }

  /** Sealed jobs that are in no queue, and what an attacker may make of them. Their execution goes on until the texts are made. */
  async #loots(first: number, count: number): Promise<Loot[]> {
    const [server, foreign] = [await this.#identity(this.apps[0]!), await this.#identity(this.foreign)];
    const key = newKeyPair().privateKey;
    return Promise.all(
      Array.from({ length: count }, async (_, i) => {
        const number = first + i;
        const job = { id: `loot-${number}`, name: 'send', data: { number, text: 'a report of alice for her bank' } };
        const terms = { queue: QUEUE, scopes: ['orders:read'] };
        const sealed = await server.forJob(terms, job);
        return {
          job: { queue: QUEUE, ...job },
          sealed,
          token: this.#plant(),
          ofAnother: () => server.forJob(terms, { ...job, id: `loot-${number}-b` }),
          bySomebody: () => signedAgain(sealed, key),
          ofAnotherDomain: () => foreign.forJob(terms, job),
          expired: () => server.forJob({ ...terms, ttl: 1 }, job),
        };
      }),
    );
  }

  /** A token that is put into the queue: the search for tokens must find it. */
  #plant(): string {
    const token = this.world.userToken();
    this.#planted.add(token);
    return token;
  }

  /** The identity of a call that goes on until the attack is over. */
  #identity(app: JobApp): Promise<ExecutionIdentityEnvelope> {
    return new Promise((resolve, reject) => {
      app
        .within(this.world.userToken(), identity => {
          resolve(identity);
          return this.#over;
        })
        .catch(reject);
    });
  }

  async #putBack(done: readonly Job[]): Promise<void> {
    for (const { id, name, data } of done) {
      await this.#queue.remove(id!);
      await this.#queue.add(name, data, { jobId: id! });
      await this.#queue.add(name, data, { jobId: `${id!}-again` });
    }
  }

  /** All jobs of a user wait when the user is revoked. */
  async #revoke(sub: string): Promise<void> {
    await this.#queue.pause();
    for (let left = this.plan.revoked; left > 0; left -= CHUNK) await this.#addFor(sub, Math.min(left, CHUNK));
    await this.apps[0]!.app.get(IdentityRevocation).purge({ issuer: this.world.issuer, sub });
    await this.#queue.resume();
  }

  /** As if a queue had given one job to many workers. */
  async #race(): Promise<void> {
    const token = this.world.userToken({ sub: 'bob' });
    for (let i = 0; i < this.plan.races; i++) {
      const job = { id: `race-${i}`, name: 'send', data: { i } };
      const sealed = await this.apps[0]!.seal(token, {}, job);
      await Promise.allSettled(Array.from({ length: RACERS }, (_, j) => this.apps[j % WORKERS]!.run(sealed, job)));
    }
  }

  async #texts(queue: Queue): Promise<string[]> {
    const jobs = await queue.getJobs(['completed', 'failed']);
    return jobs.map(({ data, returnvalue, failedReason, stacktrace }) =>
      JSON.stringify([data, returnvalue, failedReason, stacktrace]),
    );
  }
}
