// The application in a process of its own: told its issuers by a message, asked by messages for what happened since.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { startApplication } from './application.mjs';

let unhandled = 0;
process.on('unhandledRejection', () => (unhandled += 1));
process.on('uncaughtException', () => (unhandled += 1));
process.on('disconnect', () => process.exit());

const delay = monitorEventLoopDelay({ resolution: 5 });
let application;
process.on('message', async issuers => {
  if (!application) {
    application = await startApplication(issuers);
    delay.enable();
    process.send({ port: application.port });
    return;
  }
  if (issuers.purge) await application.purge(issuers.purge);
  process.send({
    ...application.take(),
    unhandled,
    loopDelayMs: { p99: delay.percentile(99) / 1e6, max: delay.max / 1e6 },
  });
  unhandled = 0;
});
