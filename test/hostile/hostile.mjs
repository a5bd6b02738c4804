// Hostile requests over real HTTP against an application behind the boundary: `npm run hostile -- --help`.
import { parseArgs } from 'node:util';
import { isFair, measureFloods } from './floods.mjs';
import { isLinear, measureParsers } from './growth.mjs';
import { HELP } from './help.mjs';
import { startIssuers } from './issuers.mjs';
import { report } from './report.mjs';
import { isSound, run } from './run.mjs';
import { startServerProcess } from './server.mjs';

const { values: options } = parseArgs({
  options: {
    json: { type: 'boolean' },
    quick: { type: 'boolean' },
    help: { type: 'boolean' },
    seed: { type: 'string', default: '2026' },
    requests: { type: 'string' },
  },
});

if (options.help) {
  console.log(HELP);
} else {
  const seed = Number(options.seed);
  const requests = Number(options.requests ?? (options.quick ? 16_000 : 220_000));
  if (!Number.isSafeInteger(seed) || !Number.isSafeInteger(requests) || requests < 1000)
    throw new Error('--seed and --requests take whole numbers; at least 1000 requests');
  console.log(`hostile: ${requests} requests, seed ${seed}`);
  const startedAt = Date.now();
  const growth = await measureParsers(options.quick);
  const issuers = await startIssuers();
  const server = await startServerProcess(issuers.options);
  const outcome = await run({ issuers, server, seed, requests }).finally(() => server.close());
  const floods = await measureFloods(issuers, options.quick).finally(() => issuers.close());
  report({ ...outcome, growth, floods }, { seconds: (Date.now() - startedAt) / 1000, json: options.json });
  process.exitCode = isSound(outcome) && isLinear(growth) && isFair(floods) ? 0 : 1;
}
