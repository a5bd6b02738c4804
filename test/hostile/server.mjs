import { fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** Starts the application in another process. */
export async function startServerProcess(issuers) {
  const child = fork(fileURLToPath(new URL('server-process.mjs', import.meta.url)));
  const died = once(child, 'exit').then(([code]) =>
    Promise.reject(new Error(`the server process ended with code ${code}`)),
  );
  died.catch(() => undefined);
  const ask = async message => {
    child.send(message);
    const [answer] = await Promise.race([once(child, 'message'), died]);
    return answer;
  };
  const { port } = await ask(issuers);
  return {
    port,
    take: () => ask('take'),
    /** Revokes this many sessions that nobody has. */
    purge: count => ask({ purge: count }),
    close: async () => child.disconnect(),
  };
}
