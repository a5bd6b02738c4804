import { setImmediate as turn, setTimeout as sleep } from 'node:timers/promises';

/** Lets other calls in between: for a turn of the event loop, or for some milliseconds. */
export const pause = async (most = 3): Promise<void> => {
  if (Math.random() < 0.3) await turn();
  else await sleep(Math.random() * most);
};
