import { equal } from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { type DelegatedTokenStore } from '../delegated-token-store.js';
import { type ConformanceCase, type Connections, now, pause, withStore } from './conformance-case.js';

/** The largest that is put. */
const LARGEST = 65_536;
/** Milliseconds within which something is gone that has expired. */
const GONE_WITHIN = 5_000;

/** As its users name places. */
const place = (): string => randomBytes(32).toString('base64url');

/**
 * What every {@link DelegatedTokenStore} must do. Run each case in your own test runner.
 *
 * @param create two connections to one store
 * @example for (const { name, run } of delegatedTokenStoreConformance(create)) it(name, run);
 */
export function delegatedTokenStoreConformance(
  create: () => Promise<Connections<DelegatedTokenStore>>,
): ConformanceCase[] {
  const test = withStore(create);
  return [
    test('what was put comes back at every connection, as often as it is asked for', async ({ one, other }) => {
      const [time, here] = [now(), place()];
      await one.set(here, '1.sealed', time + 60, time);
      for (const store of [other, one, other]) equal(await store.get(here, time), '1.sealed');
    }),
    test('nothing comes from a place where nothing was put', async ({ one, other }) => {
      const [time, here] = [now(), place()];
      await one.set(here, '1.sealed', time + 60, time);
      equal(await other.get(place(), time), undefined);
      // Places are told apart by the case of their letters.
      const swapped = here.replace(/[a-z]/i, letter =>
        letter === letter.toUpperCase() ? letter.toLowerCase() : letter.toUpperCase(),
      );
      equal(await other.get(swapped, time), undefined);
    }),
    test('what is put later takes the place of what is there', async ({ one, other }) => {
      const [time, here] = [now(), place()];
      await one.set(here, '1.first', time + 60, time);
      await other.set(here, '1.second', time + 120, time);
      for (const store of [one, other]) equal(await store.get(here, time), '1.second');
    }),
    test('what is dropped is gone at every connection, and nothing else is', async ({ one, other }) => {
      const time = now();
      const [first, second, third] = [place(), place(), place()];
      for (const here of [first, second, third]) await one.set(here, `1.${here}`, time + 60, time);
      await other.delete([first, third, place()]);
      for (const store of [one, other]) {
        equal(await store.get(first, time), undefined);
        equal(await store.get(third, time), undefined);
        equal(await store.get(second, time), `1.${second}`);
      }
      await other.delete([]);
      equal(await one.get(second, time), `1.${second}`);
    }),
    test('five hundred places are dropped at once', async ({ one, other }) => {
      const time = now();
      const places = Array.from({ length: 500 }, place);
      await Promise.all([places[0]!, places[499]!].map(here => one.set(here, '1.sealed', time + 60, time)));
      await one.delete(places);
      for (const here of [places[0]!, places[499]!]) equal(await other.get(here, time), undefined);
    }),
    test('what has expired is gone, on the clock of the store too', async ({ one, other }) => {
      const [time, here, longer] = [now(), place(), place()];
      await one.set(here, '1.sealed', time + 1, time);
      await one.set(longer, '1.longer', time + 60, time);
      const end = Date.now() + GONE_WITHIN;
      while ((await other.get(here, now())) !== undefined && Date.now() < end) await pause(20);
      equal(await other.get(here, now()), undefined);
      equal(await other.get(longer, now()), '1.longer');
    }),
    test('64 KiB of any printable characters come back as they were', async ({ one, other }) => {
      const [time, here] = [now(), place()];
      const all = Array.from({ length: 94 }, (_, i) => String.fromCharCode(33 + i)).join('');
      const sealed = all.repeat(Math.ceil(LARGEST / all.length)).slice(0, LARGEST);
      await one.set(here, sealed, time + 60, time);
      equal(await other.get(here, time), sealed);
    }),
  ];
}
