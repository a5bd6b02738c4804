import { performance } from 'node:perf_hooks';
import { crowdApp, type CrowdAbout } from '../load/crowd-app.js';
import { startNest } from '../load/nest.js';

export interface Booted {
  readonly port: number;
  /** Milliseconds from the declared modules to a server that listens. */
  readonly ms: number;
}

process.once('message', (about: CrowdAbout) => {
  void (async () => {
    const app = crowdApp(about);
    const began = performance.now();
    const { port, close } = await startNest(app, 'fastify');
    const booted: Booted = { port, ms: performance.now() - began };
    process.once('disconnect', () => void close().then(() => process.exit()));
    process.send!(booted);
  })();
});
