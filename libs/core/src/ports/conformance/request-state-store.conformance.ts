import { deepEqual, equal, match, notEqual } from 'node:assert/strict';
import { type RequestStateStore } from '../request-state-store.js';
import { type ConformanceCase, type Connections, now, plain, withStore } from './conformance-case.js';

const STATE = { order: 'o-17', amount: 12.5, lines: [{ sku: 'a', count: 2 }, null], paid: false };
const OWNER = '["https://login.example","alice"]';

/**
 * What every {@link RequestStateStore} must do. Run each case in your own test runner.
 *
 * @param create two connections to one store
 * @example for (const { name, run } of requestStateStoreConformance(create)) it(name, run);
 */
export function requestStateStoreConformance(create: () => Promise<Connections<RequestStateStore>>): ConformanceCase[] {
  const test = withStore(create);
  return [
    test('a state comes back at every connection, as often as it is asked for', async ({ one, other }) => {
      const time = now();
      for (const state of [STATE, 'text', 0, null, false, []]) {
        const handle = await one.put(state, OWNER, time + 60, time);
        for (const store of [other, one, one]) deepEqual(plain(await store.get(handle, OWNER, time)), state);
      }
    }),
    test('a state is a copy: what becomes of the original is not seen', async ({ one }) => {
      const time = now();
      const state = { order: 'o-17' };
      const handle = await one.put(state, OWNER, time + 60, time);
      state.order = 'o-18';
      Object.assign((await one.get(handle, OWNER, time)) as object, { order: 'o-19' });
      deepEqual(plain(await one.get(handle, OWNER, time)), { order: 'o-17' });
    }),
    test('a state comes back to its owner alone', async ({ one }) => {
      const time = now();
      const handle = await one.put(STATE, OWNER, time + 60, time);
      for (const owner of ['', '["https://login.example","bob"]', `${OWNER} `, OWNER.toUpperCase()])
        equal(await one.get(handle, owner, time), undefined);
    }),
    test('a state comes back until the second in which it expires', async ({ one }) => {
      const time = now();
      const handle = await one.put(STATE, OWNER, time + 60, time);
      deepEqual(plain(await one.get(handle, OWNER, time + 59)), STATE);
      equal(await one.get(handle, OWNER, time + 60), undefined);
    }),
    test('a handle that was changed or made up gives nothing, and is no error', async ({ one }) => {
      const time = now();
      const handle = await one.put(STATE, OWNER, time + 60, time);
      const middle = Math.floor(handle.length / 2);
      const changed = `${handle.slice(0, middle)}${handle[middle] === 'A' ? 'B' : 'A'}${handle.slice(middle + 1)}`;
      const others = [
        changed,
        handle.slice(1),
        handle.slice(0, -4),
        `${handle}${handle}`,
        '',
        '....',
        'é',
        '__proto__',
      ];
      for (const other of [...others, 'x'.repeat(100_000)]) equal(await one.get(other, OWNER, time), undefined);
    }),
    test('a state has one handle: another spelling of it gives nothing', async ({ one }) => {
      const time = now();
      const handle = await one.put(STATE, OWNER, time + 60, time);
      for (const other of spellings(handle)) equal(await one.get(other, OWNER, time), undefined);
    }),
    test('a handle can be sent anywhere, and shows neither state nor owner', async ({ one }) => {
      const time = now();
      const handle = await one.put(STATE, OWNER, time + 60, time);
      match(handle, /^[!-~]+$/);
      const decoded = handle.split('.').map(part => Buffer.from(part, 'base64url').toString());
      for (const secret of ['o-17', 'alice', 'login.example'])
        for (const text of [handle, ...decoded]) equal(text.includes(secret), false);
    }),
    test('the same state has another handle each time', async ({ one }) => {
      const time = now();
      notEqual(await one.put(STATE, OWNER, time + 60, time), await one.put(STATE, OWNER, time + 60, time));
    }),
  ];
}

const BASE64URL = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';

/** What lenient decoders read as the same: white space, padding, and any last letter of a part, of which some bits are not used. */
function spellings(handle: string): string[] {
  const parts = handle.split('.');
  const lasts = parts.flatMap((part, i) =>
    [...(part && BASE64URL)].map(letter => parts.with(i, part.slice(0, -1) + letter).join('.')),
  );
  const around = [' ', '\t', '\n', '=', '=='].flatMap(one => [handle + one, one + handle, parts.join(`${one}.`)]);
  return [...lasts, ...around].filter(other => other !== handle);
}
