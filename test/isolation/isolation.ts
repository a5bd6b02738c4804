import 'reflect-metadata';
import { parseArgs } from 'node:util';
import { Logger } from '@nestjs/common';
import { runSeededBugs } from './seeded-bugs.js';
import { ApplicationProcess } from './shop/application.js';
import { SHOP_CALLS } from './shop/shop-calls.js';
import { startShop } from './shop/start-shop.js';
import { type IsolationReport, watchIsolation } from './watch-isolation.js';

process.env.NODE_ENV ??= 'test';
// The APIs of the shop run in this process, and their callers ask for what does not exist.
Logger.overrideLogger(false);

const HELP = `npm run isolation [-- options] [pattern]
Calls the reference application for 200 users at once, 500 times each, and looks from outside for anything of one user that reaches another:
in an answer, at an API, or on an audit log. Then it plants bugs, each of which must show within 20,000 calls.

  pattern        plants only the bugs whose file name contains it
  --quick        40 users, 30 calls each, and the bugs of an application, without those of the library
  --users N --calls N   another number of users, and of calls of each
  --seed N       the calls of an earlier run again, in their order
  --no-bugs      only the application as it is
  --only-bugs    only the bugs
  --json         only one line at the end: { calls, crossings, seededBugs, caught, ... }
  --help         this text

The exit status is 1 when something crosses, a call fails that must not, or a planted bug is not seen.`;

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    json: { type: 'boolean' },
    quick: { type: 'boolean' },
    users: { type: 'string' },
    calls: { type: 'string' },
    seed: { type: 'string' },
    'no-bugs': { type: 'boolean' },
    'only-bugs': { type: 'boolean' },
    help: { type: 'boolean' },
  },
});

if (options.help) {
  console.log(HELP);
} else {
  const seed = Number(options.seed ?? Date.now() % 2 ** 31);
  const users = Number(options.users ?? (options.quick ? 40 : 200));
  const calls = Number(options.calls ?? (options.quick ? 30 : 500));
  const report = options['only-bugs'] ? undefined : await watchReference(users, calls, seed);
  const bugs = options['no-bugs']
    ? []
    : await runSeededBugs({ pattern: positionals[0] ?? '', seed, isQuick: options.quick ?? false });
  const missed = bugs.filter(({ caught }) => !caught);
  const { crossings = [], unexpected = [], ...counts } = report ?? {};
  if (!options.json) {
    for (const { name, caught, calls: after, first, error } of bugs)
      console.log(
        caught
          ? `caught after ${after} calls  ${name}\n    ${first!.where}: ${first!.what}`
          : `NOT CAUGHT  ${name}\n    ${error ?? `${after} calls`}`,
      );
    for (const { where, what } of crossings.slice(0, 20)) console.log(`CROSSED  ${where}: ${what}`);
    for (const what of unexpected.slice(0, 20)) console.log(`FAILED  ${what}`);
  }
  const line = JSON.stringify({
    ...{ seed, users, calls: 0 },
    ...counts,
    crossings: crossings.length,
    unexpected: unexpected.length,
    seededBugs: bugs.length,
    caught: bugs.length - missed.length,
    missed: missed.map(({ name }) => name),
    bugs: bugs.map(({ name, calls: after, first, caught }) => ({ name, caught, calls: after, where: first?.where })),
    ...(crossings.length && { first: crossings.slice(0, 5) }),
    ...(unexpected.length && { failed: unexpected.slice(0, 5) }),
  });
  // A pipe takes 64 KB at once, and the process ends below.
  await new Promise(resolve => process.stdout.write(`${line}\n`, resolve));
  process.exitCode = crossings.length || unexpected.length || missed.length ? 1 : 0;
}
// Clients of the authorization server keep connections open.
process.exit();

async function watchReference(users: number, calls: number, seed: number): Promise<IsolationReport> {
  const application = new ApplicationProcess();
  try {
    const shop = await startShop({ users, application });
    const report = await watchIsolation(shop, { users: shop.users, tools: SHOP_CALLS, interleavings: { calls, seed } });
    await shop.close();
    return report;
  } finally {
    await application.end();
  }
}
