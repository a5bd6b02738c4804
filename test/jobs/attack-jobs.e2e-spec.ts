import { attackJobs, QUICK } from './attack-jobs.js';
import { QUEUE_STORES } from './queue-servers.js';

for (const store of QUEUE_STORES) {
  const here = store.missing === undefined || process.env.CI_RUN === '1';
  (here ? describe : describe.skip)(
    `a queue on ${store.name} that an attacker writes into${store.missing === undefined ? '' : ` (install ${store.missing})`}`,
    () => {
      it('runs no job that is tampered with, replayed, or of a revoked user, and one of each race', async () => {
        const figures = await attackJobs(store, QUICK);
        expect(figures).toMatchObject({
          tamperedRun: 0,
          replayedRun: 0,
          revokedRun: 0,
          refused: figures.jobs + figures.replayed + figures.revoked,
          racedRun: figures.races,
          genuineRun: figures.genuine,
          tokensFound: 0,
          plantedFound: true,
        });
      });
    },
  );
}
