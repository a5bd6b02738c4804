import { deepEqual, equal, notEqual } from 'node:assert/strict';
import { digest } from '../../digest.js';
import { type ReplayStore } from '../replay-store.js';
import { type ConformanceCase, type Connections, now, withStore } from './conformance-case.js';

/**
 * What every {@link ReplayStore} must do. Run each case in your own test runner.
 *
 * @param create two connections to one empty store
 * @example for (const { name, run } of replayStoreConformance(create)) it(name, run);
 */
export function replayStoreConformance(create: () => Promise<Connections<ReplayStore>>): ConformanceCase[] {
  const test = withStore(create);
  return [
    test('an id is fresh once, and replayed after that', async ({ one }) => {
      const time = now();
      equal(await one.take('a', time + 60, time), 'fresh');
      equal(await one.take('a', time + 60, time), 'replayed');
      equal(await one.take('a', time + 65, time + 5), 'replayed');
    }),
    test('an id that was taken at one connection is replayed at the other', async ({ one, other }) => {
      const time = now();
      equal(await one.take('a', time + 60, time), 'fresh');
      equal(await other.take('a', time + 60, time), 'replayed');
    }),
    test('of thirty calls at the same time exactly one is fresh', async ({ one, other }) => {
      const time = now();
      const calls = Array.from({ length: 30 }, (_, i) => (i % 2 ? one : other).take('a', time + 60, time));
      const verdicts = await Promise.all(calls);
      equal(verdicts.filter(verdict => verdict === 'fresh').length, 1);
    }),
    test('an id is replayed until the second in which it expires', async ({ one }) => {
      const time = now();
      equal(await one.take('a', time + 60, time), 'fresh');
      equal(await one.take('a', time + 60, time + 59), 'replayed');
    }),
    test('another id is fresh', async ({ one }) => {
      const time = now();
      const ids = ['a', 'A', 'a ', digest('a'), `${digest('a')}b`, '%', "'; --", 'é'];
      const verdicts = await Promise.all(ids.map(id => one.take(id, time + 60, time)));
      deepEqual([...new Set(verdicts)], ['fresh']);
    }),
    test('an id with a short life does not end the memory of one with a long life', async ({ one }) => {
      const time = now();
      equal(await one.take('long', time + 300, time), 'fresh');
      equal(await one.take('short', time + 1, time), 'fresh');
      equal(await one.take('long', time + 300, time + 2), 'replayed');
    }),
    test('an id is not fresh a second time because a clock was set back', async ({ one }) => {
      const time = now();
      equal(await one.take('a', time + 60, time), 'fresh');
      await one.take('b', time + 130, time + 70);
      notEqual(await one.take('a', time + 60, time), 'fresh');
    }),
  ];
}
