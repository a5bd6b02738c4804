import { withFunctions, withOpen } from './model-disk.mjs';
import { cutPower } from './power-cuts.mjs';

const nothing = async () => undefined;

/** Disks that lie to the log: what a log that did not do its part would leave. */
const LIARS = {
  'a sync that does nothing': disk =>
    withOpen(disk, async path => withFunctions(await disk.open(path), { sync: nothing })),
  'a truncation that does nothing': disk =>
    withOpen(disk, async path => withFunctions(await disk.open(path), { truncate: nothing })),
  'a folder that is not synced': disk => ({ ...withOpen(disk, path => disk.open(path)), syncFolder: nothing }),
};

/** @returns for each planted fault whether the model of a loss of power has found it */
export async function controls(seed) {
  const found = {};
  for (const [name, wrap] of Object.entries(LIARS))
    found[name] = (await cutPower(400, seed, { wrap })).powerCutLosses > 0;
  return found;
}
