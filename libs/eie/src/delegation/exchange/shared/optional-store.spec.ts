import { setTimeout as sleep } from 'node:timers/promises';
import { OptionalStore } from './optional-store.js';

describe('a store that calls can do without', () => {
  let now: number;
  let asked: number;
  let failures: unknown[];
  let answer: () => Promise<string>;
  let store: OptionalStore<{ get(): Promise<string> }>;
  beforeEach(() => {
    [now, asked, failures] = [1_000, 0, []];
    answer = async () => 'answer';
    const get = () => (asked++, answer());
    store = new OptionalStore(
      { get },
      error => void failures.push(error),
      () => now,
    );
  });
  const ask = () => store.ask(({ get }) => get());
  const fail = () => Promise.reject(new Error('away'));

  it('is asked each time while it answers', async () => {
    expect([await ask(), await ask()]).toEqual(['answer', 'answer']);
    expect([asked, failures]).toEqual([2, []]);
  });

  it.each([
    ['rejects', fail],
    [
      'throws',
      () => {
        throw new TypeError('no client');
      },
    ],
  ])('is left alone for five seconds after it %s', async (_how, failing) => {
    answer = failing;
    expect(await ask()).toBeUndefined();
    answer = async () => 'answer';
    now += 4_999;
    expect(await ask()).toBeUndefined();
    expect([asked, failures.length]).toEqual([1, 1]);
    now += 1;
    expect([await ask(), await ask()]).toEqual(['answer', 'answer']);
  });

  it('is waited for a quarter of a second, and not longer', async () => {
    answer = () => new Promise(() => undefined);
    const since = performance.now();
    expect(await ask()).toBeUndefined();
    expect(performance.now() - since).toBeLessThan(2_000);
    expect(failures).toEqual([expect.objectContaining({ name: 'TimeoutError' })]);
  });

  it('is tried by one question alone after it was away, while the others do without it', async () => {
    answer = fail;
    await ask();
    now += 5_000;
    answer = () => sleep(20, 'answer');
    expect(await Promise.all([ask(), ask(), ask()])).toEqual(['answer', undefined, undefined]);
    expect(asked).toBe(2);
    expect(await ask()).toBe('answer');
  });

  it('rests again where that question fails too', async () => {
    answer = fail;
    await ask();
    now += 5_000;
    await ask();
    now += 4_999;
    await ask();
    expect(asked).toBe(2);
  });
});
