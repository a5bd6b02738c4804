import { CASES, dpopReport } from './report.js';

describe('proof of possession between this library, an authorization server and clients', () => {
  it('is as the specifications say, in every case of the table, on both adapters', async () => {
    expect(new Set(CASES.map(({ id }) => id)).size).toBe(CASES.length);
    const { failed, passed, of } = await dpopReport();
    expect(failed).toEqual([]);
    expect(passed).toBe(of);
    expect(of).toBeGreaterThan(150);
  });
});
