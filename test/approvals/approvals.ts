import { parseArgs } from 'node:util';
import { startWorld, type World } from '../support/world.js';
import { attackStates, attackWaiting, prepareLate, race } from './attacks.js';
import { type Shop, startShop } from './shop.js';
import { Tally } from './tally.js';

// Sealing keys of this process alone are for development.
process.env.NODE_ENV ??= 'test';

const HELP = `npm run approvals [-- options]
Attacks approvals over real HTTP at two processes that share a store in a third one: substituted (other arguments, tool, user, tenant, client,
agents), replayed, re-ordered, expired, forged and raced ones, and approvers who may not decide. Then a store that does not consume is planted.

  --quick   fewer rounds
  --json    only one line at the end: { attacks, ran, races, redeemedTwice, legitimate, control }
  --help    this text

The exit status is 1 when something ran that was not approved, an approved call did not run once, or the planted store was not noticed.`;

/** A clock that goes ahead ends all approvals, and makes room for more. */
const OVER = 3_700_000;
const CALLS_IN_A_RACE = 100;
/** Rounds at the same time. */
const BLOCK = 5;

interface Plan {
  readonly rounds: number;
  readonly races: number;
}

async function attack(shop: Shop, { rounds, races }: Plan) {
  const tally = new Tally();
  let [ran, redeemedTwice] = [0, 0];
  for (let block = 0; block < rounds; block += BLOCK) {
    const names = Array.from({ length: Math.min(BLOCK, rounds - block) }, (_, i) => `order ${block + i}`);
    const attacked = names.flatMap(name => [attackStates(shop, tally, name), attackWaiting(shop, tally, name)]);
    const [late] = await Promise.all([
      Promise.all(names.map(name => prepareLate(shop, tally, name))),
      Promise.all(attacked),
    ]);
    await shop.advance(OVER);
    await Promise.all(late.map(one => one()));
    ran += tally.settle(await shop.report());
  }
  for (let i = 0; i < races; i++) {
    const runs = await race(shop, tally, `race ${i} ${i % 2 ? 'state' : 'elsewhere'}`, CALLS_IN_A_RACE);
    if (runs > 1) redeemedTwice++;
    await shop.advance(OVER);
    ran += tally.settle(await shop.report());
  }
  return { tally, ran, redeemedTwice };
}

async function withShop<T>(world: World, planted: boolean, use: (shop: Shop) => Promise<T>): Promise<T> {
  const shop = await startShop(world, planted);
  try {
    return await use(shop);
  } finally {
    shop.close();
  }
}

const { values: options } = parseArgs({
  options: { json: { type: 'boolean' }, quick: { type: 'boolean' }, help: { type: 'boolean' } },
});

if (options.help) console.log(HELP);
else {
  const plan = options.quick ? { rounds: 10, races: 2 } : { rounds: 250, races: 20 };
  const world = await startWorld();
  const { tally, ran, redeemedTwice } = await withShop(world, false, shop => attack(shop, plan));
  // What is not noticed in the run with the fault says nothing in the run without it.
  const control = await withShop(world, true, shop => attack(shop, { rounds: 1, races: 1 }));
  const isCaught = control.ran > 0 && control.redeemedTwice > 0;
  const { attacks, legitimate, failures } = tally;
  if (!options.json) {
    for (const failure of failures) console.log(`  - ${failure}`);
    console.log(`${isCaught ? 'found' : 'NOT FOUND'}  planted: a store that does not consume`);
  }
  const control_ = { planted: 'a store that does not consume', isCaught };
  const line = { attacks, ran, races: plan.races, redeemedTwice, legitimate, control: control_ };
  await new Promise(resolve => process.stdout.write(`${JSON.stringify(line)}\n`, resolve));
  process.exitCode = failures.length || ran || redeemedTwice || !isCaught ? 1 : 0;
}
// Clients of the authorization server keep connections open.
process.exit();
