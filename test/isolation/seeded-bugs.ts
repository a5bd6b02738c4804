import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Bug } from './bug.js';
import { type Crossing } from './judge.js';
import { ApplicationProcess } from './shop/application.js';
import { SHOP_CALLS } from './shop/shop-calls.js';
import { startShop } from './shop/start-shop.js';
import { watchIsolation } from './watch-isolation.js';

/** Within so many calls each bug must show. */
const MOST = 20_000;
/** Processes at the same time. */
const LANES = 2;
const USERS = 40;

export interface CaughtBug {
  readonly name: string;
  readonly file: string;
  readonly caught: boolean;
  /** Calls until the first crossing was seen, or all of them. */
  readonly calls: number;
  readonly first: Crossing | null;
  /** Why it could not be planted. */
  readonly error?: string;
}

interface Planted {
  readonly file: string;
  readonly path: string;
  readonly bug: Bug;
}

const folder = new URL('bugs/', import.meta.url);

interface Seeding {
  readonly pattern?: string;
  readonly seed: number;
  /** Leaves out the bugs that edit the library: each needs a process of its own. */
  readonly isQuick?: boolean;
}

/** Plants each bug of the folder into an application of its own, and calls it until something crosses. */
export async function runSeededBugs({ pattern = '', seed, isQuick = false }: Seeding): Promise<CaughtBug[]> {
  const files = readdirSync(folder)
    .filter(file => file.includes(pattern))
    .sort();
  const planted: Planted[] = await Promise.all(
    files.map(async file => {
      const { href } = new URL(file, folder);
      return { file, path: fileURLToPath(href), ...((await import(href)) as { bug: Bug }) };
    }),
  );
  const ofApplication = planted.filter(({ bug }) => !bug.edits);
  const ofLibrary = planted.filter(({ bug }) => bug.edits && !isQuick);
  // A process that was edited serves one bug; the others take turns.
  const groups = [ofApplication, ...ofLibrary.map(one => [one])].filter(group => group.length);
  const caught: CaughtBug[] = [];
  const lane = async () => {
    for (let group = groups.shift(); group; group = groups.shift()) caught.push(...(await runGroup(group, seed)));
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return caught.sort((one, other) => (one.file < other.file ? -1 : 1));
}

async function runGroup(group: readonly Planted[], seed: number): Promise<CaughtBug[]> {
  let application = new ApplicationProcess(group[0]!.bug.edits);
  const caught: CaughtBug[] = [];
  for (const one of group) {
    if (application.hasEnded) application = new ApplicationProcess(one.bug.edits);
    caught.push(await runOne(one, application, seed));
  }
  await application.end();
  return caught;
}

async function runOne({ file, path, bug }: Planted, application: ApplicationProcess, seed: number): Promise<CaughtBug> {
  const { name } = bug;
  try {
    const shop = await startShop({ users: USERS, application, bug: path });
    try {
      const { calls, crossings } = await watchIsolation(shop, {
        users: shop.users,
        tools: SHOP_CALLS,
        interleavings: { calls: MOST / USERS, seed, stopsAtFirst: true },
      });
      return { name, file, caught: crossings.length > 0, calls, first: crossings[0] ?? null };
    } finally {
      await shop.close();
    }
  } catch (error) {
    return { name, file, caught: false, calls: 0, first: null, error: (error as Error).message };
  }
}
