import { type Usage } from './bench-server.js';

declare const gc: (() => void) | undefined;

export interface Started {
  readonly port: number;
  close(): Promise<unknown>;
}

/** The other side of `BenchServer`: starts what it is told, and says what it has used. */
export function serve<About>(start: (about: About) => Promise<Started>): void {
  let started: Promise<Started> | undefined;
  process.on('message', (message: About & { usage?: boolean }) => {
    if (!started) {
      started = start(message);
      started.then(({ port }) => process.send!({ port }), fail);
      return;
    }
    if (message.usage) gc?.();
    const { user, system } = process.cpuUsage();
    const usage: Usage = {
      cpu: user + system,
      ...(message.usage && { heap: process.memoryUsage().heapUsed + process.memoryUsage().external }),
    };
    process.send!(usage);
  });
  process.on('disconnect', () => void started?.then(({ close }) => close()).then(() => process.exit(), fail));
}

function fail(error: unknown): never {
  console.error(error);
  process.exit(1);
}
