import { type Job } from 'bullmq';
import { IdentityRevocation, JobIdentities, MemoryReplayStore } from 'nestjs-eie';
import { addJob, type AddJobOptions, jobProcessor } from 'nestjs-eie-bullmq';
import { until } from '../support/until.js';
import { startWorld, type World } from '../support/world.js';
import { type JobApp, startJobApp } from './job-app.js';
import { QUEUE_STORES, type QueueServer } from './queue-servers.js';

const QUEUE = 'reports';

class Replays extends MemoryReplayStore {
  isAway = false;

  override take(...asked: Parameters<MemoryReplayStore['take']>) {
    return this.isAway ? Promise.reject(new Error('away')) : super.take(...asked);
  }
}

for (const store of QUEUE_STORES) {
  const here = store.missing === undefined || process.env.CI_RUN === '1';
  (here ? describe : describe.skip)(
    `a job of BullMQ on ${store.name}${store.missing === undefined ? '' : ` (install ${store.missing})`}`,
    () => {
      let world: World;
      let queues: QueueServer;
      let server: JobApp;
      let queue: ReturnType<QueueServer['queue']>;
      let processed: (job: Job) => Promise<unknown>;
      const replays = new Replays(100_000);
      let work: () => Promise<unknown>;

      /** The identity of a user whose call is answered when the job has been added. */
      const add = (sub: string, data: unknown, options: Partial<AddJobOptions> = {}, name = 'send'): Promise<Job> =>
        server.within(world.userToken({ sub }), identity =>
          addJob<Job>(queue as never, identity, name, data, { scopes: ['orders:read'], ...options }),
        );
      const ended = async ({ id }: Pick<Job, 'id'>): Promise<{ state: string; result: unknown; reason: string }> => {
        await until(async () => ['completed', 'failed'].includes(await queue.getJobState(id!)));
        const job = (await queue.getJob(id!))!;
        return { state: await queue.getJobState(id!), result: job.returnvalue, reason: job.failedReason };
      };

      beforeAll(async () => {
        queues = await store.start();
        world = await startWorld();
        server = await startJobApp(world, {
          options: { ports: { replay: replays } },
          work: () => work(),
        });
        queue = queues.queue(QUEUE);
        processed = jobProcessor(server.app.get(JobIdentities));
        queues.worker(QUEUE, job => processed(job), 10);
      });

      afterAll(async () => {
        await queues?.stop();
        await server?.close();
        await world?.close();
      });

      beforeEach(() => {
        work = () => Promise.resolve(undefined);
        server.done.length = 0;
        server.auditLog.events.length = 0;
      });

      it('runs in the identity of whoever has added it, in another call', async () => {
        await expect(ended(await add('alice', { report: 'r-1' }))).resolves.toMatchObject({
          state: 'completed',
          result: { sent: { report: 'r-1' } },
        });
        expect(server.done).toMatchObject([{ sub: 'alice', job: { queue: QUEUE, name: 'send', attempt: 1 } }]);
      });

      it('runs again where its handler has failed, as often as its attempts say', async () => {
        work = () => (server.done.length < 3 ? Promise.reject(new Error('no paper')) : Promise.resolve('printed'));
        await expect(ended(await add('alice', {}, { attempts: 5 }))).resolves.toMatchObject({ result: 'printed' });
        expect(server.done.map(({ job }) => job.attempt)).toEqual([1, 2, 3]);
      });

      it('does not run a second time because its result cannot be stored', async () => {
        const circle: { own?: unknown } = {};
        circle.own = circle;
        for (const result of [{ amount: 1n }, circle]) {
          work = () => Promise.resolve(result);
          server.done.length = 0;
          await expect(ended(await add('alice', {}, { attempts: 3 }))).resolves.toMatchObject({
            state: 'failed',
            reason: 'The job has run. JSON cannot write its result, so that is not kept.',
          });
          expect(server.done).toHaveLength(1);
        }
      });

      it('does not run with data, a name or an id of another job, nor without an identity, and is not tried again', async () => {
        const victim = await add('alice', { report: 'r-1' }, { delay: 3_000_000 });
        const { eie, data } = victim.data as { eie: string; data: object };
        const planted = [
          await queue.add('send', { eie, data: { report: 'r-2' } }, { jobId: `${victim.id}-x`, attempts: 3 }),
          await queue.add('send', { eie, data }, { attempts: 3 }),
          await queue.add('delete', { eie, data }, { attempts: 3 }),
          await queue.add('send', { data }, { attempts: 3 }),
          await queue.add('send', null, { attempts: 3 }),
        ];
        for (const job of planted) {
          await expect(ended(job)).resolves.toMatchObject({
            state: 'failed',
            reason: expect.stringMatching(/^job_invalid: /),
          });
          expect((await queue.getJob(job.id!))!.attemptsMade).toBe(1);
        }
        expect(server.done).toEqual([]);
      });

      it('does not run in another queue', async () => {
        const { eie, data, id } = await add('alice', { report: 'r-1' }, { delay: 3_000_000 }).then(job => ({
          ...(job.data as { eie: string; data: object }),
          id: job.id!,
        }));
        const other = queues.queue('payments');
        queues.worker('payments', job => processed(job), 1);
        const moved = await other.add('send', { eie, data }, { jobId: id });
        await until(async () => (await other.getJobState(moved.id!)) === 'failed');
        expect((await other.getJob(moved.id!))!.failedReason).toMatch(/^job_invalid: /);
        expect(server.done).toEqual([]);
      });

      it('does not run for a user who was revoked while it waited', async () => {
        const job = await add('user-4', {}, { delay: 500 });
        await server.app.get(IdentityRevocation).purge({ issuer: world.issuer, sub: 'user-4' });
        await expect(ended(job)).resolves.toMatchObject({
          state: 'failed',
          reason: expect.stringMatching(/^identity_revoked: /),
        });
        expect(server.done).toEqual([]);
      });

      it('does not run again once it has been done, when it is put back under its id', async () => {
        const job = await add('alice', { report: 'r-1' });
        await ended(job);
        await job.remove();
        const again = await queue.add('send', job.data, { jobId: job.id! });
        await expect(ended(again)).resolves.toMatchObject({
          state: 'failed',
          reason: expect.stringMatching(/^job_replayed: /),
        });
        expect(server.done).toHaveLength(1);
      });

      it('runs at its next attempt where the replay store did not answer at the first', async () => {
        replays.isAway = true;
        const job = await add('alice', { report: 'r-1' }, { attempts: 50, backoff: 100 });
        await until(async () => (await queue.getJob(job.id!))!.attemptsMade > 0);
        replays.isAway = false;
        await expect(ended(job)).resolves.toMatchObject({ state: 'completed' });
        expect(server.done).toHaveLength(1);
      });

      it('is not added where it would be made again by BullMQ, or would start after its identity has expired', async () => {
        const failed = (options: object) => add('alice', {}, options).then(String, (error: Error) => error.message);
        await expect(failed({ repeat: { every: 1_000 } })).resolves.toContain('without "repeat"');
        await expect(failed({ ttl: 60, delay: 60_000 })).resolves.toContain('longer "ttl"');
        await expect(failed({ scopes: ['orders:write'] })).resolves.toContain('lacks a scope');
      });
    },
  );
}
