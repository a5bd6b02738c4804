import { ok } from 'node:assert/strict';
import { type Clock } from '../clock.js';
import { type ConformanceCase, pause } from './conformance-case.js';

const [EARLIEST, LATEST] = [Date.UTC(2001, 0), Date.UTC(2200, 0)];

/**
 * What every {@link Clock} must do. Run each case in your own test runner. A clock that is set by a test need not go on.
 *
 * @example for (const { name, run } of clockConformance(() => Date.now)) it(name, run);
 */
export function clockConformance(create: () => Clock | Promise<Clock>): ConformanceCase[] {
  return [
    {
      name: 'a clock counts milliseconds since the epoch, not seconds and not since the start of the process',
      async run() {
        const time = (await create())();
        ok(EARLIEST < time && time < LATEST, `${time} is not a number of milliseconds since the epoch`);
      },
    },
    {
      name: 'a clock does not run backwards or far ahead by itself',
      async run() {
        const clock = await create();
        const start = clock();
        await pause(20);
        const passed = clock() - start;
        ok(passed >= 0 && passed < 60_000, `in 20 ms the clock counted ${passed} ms`);
      },
    },
  ];
}
