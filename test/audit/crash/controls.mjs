import { cutPower } from './power-cuts.mjs';

/** Disks that lie to the log: what a log that did not do its part would leave. */
const LIARS = {
  'a sync that does nothing': file => ({ ...bound(file), sync: async () => undefined }),
  'a truncation that does nothing': file => ({ ...bound(file), truncate: async () => undefined }),
};

const bound = file => Object.fromEntries(Object.entries(file).map(([name, run]) => [name, run.bind(file)]));

const NAMES = ['makeFolder', 'list', 'create', 'replace', 'link', 'state', 'read', 'rename', 'remove', 'syncFolder'];
const passed = disk => Object.fromEntries(NAMES.map(name => [name, (...given) => disk[name](...given)]));

/** @returns for each planted fault whether the model of a loss of power has found it */
export async function controls(seed) {
  const found = {};
  for (const [name, lie] of Object.entries(LIARS)) {
    const wrap = disk => ({ ...passed(disk), open: async path => lie(await disk.open(path)) });
    found[name] = (await cutPower(400, seed, { wrap })).powerCutLosses > 0;
  }
  const unsynced = disk => ({ ...passed(disk), open: path => disk.open(path), syncFolder: async () => undefined });
  found['a folder that is not synced'] = (await cutPower(400, seed, { wrap: unsynced })).powerCutLosses > 0;
  return found;
}
