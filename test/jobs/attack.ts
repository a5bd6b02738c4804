import { parseArgs } from 'node:util';
import { attackJobs, FULL, QUICK } from './attack-jobs.js';
import { QUEUE_STORES } from './queue-servers.js';

// Sealing keys of this process alone are for development.
process.env.NODE_ENV ??= 'test';

const { values } = parseArgs({ options: { quick: { type: 'boolean' }, json: { type: 'boolean' } } });

const figures = [];
for (const store of QUEUE_STORES) {
  if (store.missing) console.error(`${store.name} is left out: install ${store.missing}.`);
  else figures.push(await attackJobs(store, values.quick ? QUICK : FULL));
}
if (values.json) console.log(JSON.stringify({ jobs: figures }));
else console.table(figures);
const isBad = figures.some(
  ({
    jobs,
    tamperedRun,
    revoked,
    revokedRun,
    replayed,
    replayedRun,
    refused,
    races,
    racedRun,
    genuine,
    genuineRun,
    tokensFound,
  }) =>
    tamperedRun + revokedRun + replayedRun + tokensFound > 0 ||
    refused !== jobs + revoked + replayed ||
    racedRun !== races ||
    genuineRun !== genuine,
);
process.exit(isBad ? 1 : 0);
