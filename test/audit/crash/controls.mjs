import { cutPower } from './power-cuts.mjs';

/** Disks that lie to the log: what a log that did not do its part would leave. */
const LIARS = {
  'a write that is confirmed before it is on the device': (disk, path) => disk.open(path),
  'a sync that does nothing': async (disk, path) => ({ ...bound(await disk.open(path)), sync: async () => undefined }),
  'a truncation that does nothing': async (disk, path, isDurable) => ({
    ...bound(await disk.open(path, isDurable)),
    truncate: async () => undefined,
  }),
};

const bound = file => Object.fromEntries(Object.entries(file).map(([name, run]) => [name, run.bind(file)]));

const NAMES = [
  'makeFolder',
  'list',
  'create',
  'replace',
  'link',
  'state',
  'stateNow',
  'read',
  'rename',
  'remove',
  'syncFolder',
];
const passed = disk => Object.fromEntries(NAMES.map(name => [name, (...given) => disk[name](...given)]));

/** @returns for each planted fault whether the model of a loss of power has found it */
export async function controls(seed) {
  const found = {};
  for (const [name, lie] of Object.entries(LIARS)) {
    const wrap = disk => ({ ...passed(disk), open: (path, isDurable) => lie(disk, path, isDurable) });
    found[name] = (await cutPower(400, seed, { wrap })).powerCutLosses > 0;
  }
  const unsynced = disk => ({
    ...passed(disk),
    open: (...given) => disk.open(...given),
    syncFolder: async () => undefined,
  });
  found['a folder that is not synced'] = (await cutPower(400, seed, { wrap: unsynced })).powerCutLosses > 0;
  return found;
}
