import { FirstLoad } from './first-load.js';

describe('the first load of a view of revocations', () => {
  it('is waited for with one promise by all, so that asking again and again takes no memory', async () => {
    const load = new FirstLoad();
    const waits = Array.from({ length: 1_000 }, () => load.wait());
    expect(new Set(waits).size).toBe(1);
    load.done();
    await Promise.all(waits);
    expect(load.wait()).not.toBe(waits[0]);
    load.done();
  });
});
