import { once } from 'node:events';
import { randomInt } from 'node:crypto';
import { createServer } from 'node:net';

/** Below those that an operating system gives out by itself (32,768 on Linux, 49,152 elsewhere): no server that takes any port gets one of these. */
const [FIRST, END] = [20_000, 32_000];
const ATTEMPTS = 100;

/** A port of the loopback interface that is free now, and that nobody gets who does not ask for it. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    const port = randomInt(FIRST, END);
    if (await isFree(port)) return port;
  }
  throw new Error(`There is no free port between ${FIRST} and ${END}.`);
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
    await once(server.close(), 'close');
    return true;
  } catch {
    return false;
  }
}
