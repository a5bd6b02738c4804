// @ts-expect-error -- plain JavaScript, which node runs as it is
import { startApplication } from './application.mjs';
// @ts-expect-error -- plain JavaScript, which node runs as it is
import { startIssuers } from './issuers.mjs';
// @ts-expect-error -- plain JavaScript, which node runs as it is
import { isSound, run } from './run.mjs';

/** A small share of `npm run hostile`, in one process. */
it('hostile requests are refused and recorded, and good ones among them are served', async () => {
  const issuers = await startIssuers();
  const server = await startApplication(issuers.options);
  try {
    const outcome = await run({ issuers, server, seed: 7, requests: 500 });
    expect(outcome.failures).toEqual([]);
    expect(outcome.totals).toMatchObject({
      requests: 500,
      accepted: 0,
      goodRefused: 0,
      status5xx: 0,
      unhandled: 0,
      refusalsUnaccounted: 0,
    });
    expect(outcome.verdicts.served).toBeGreaterThan(10);
    expect(outcome.verdicts.refused).toBeGreaterThan(300);
    expect(Object.keys(outcome.reasons).length).toBeGreaterThan(15);
    expect(isSound(outcome)).toBe(true);
  } finally {
    await server.close();
    issuers.close();
  }
});
