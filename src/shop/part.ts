import { type Server } from 'node:http';
import { type Settings } from './settings.js';

/** A part that listens on its port. */
export interface Part {
  readonly server?: Server;
  close(): Promise<void>;
}

export type StartPart = (settings: Settings) => Promise<Part>;

/**
 * Makes this process one part of the shop: it starts when its parent has sent the settings, says so when it listens, and
 * stops on a signal or when the parent is gone.
 */
export function runPart(start: StartPart): void {
  if (!process.send) {
    console.error('This is one part of the shop. Start all of them with: npm start');
    process.exitCode = 1;
    return;
  }
  process.once('message', settings => {
    start(settings as Settings).then(listening, (error: unknown) => {
      console.error((error as { code?: string }).code === 'EADDRINUSE' ? (error as Error).message : error);
      process.exit(1);
    });
  });
  process.once('disconnect', () => process.exit());
}

function listening(part: Part): void {
  let stopping: Promise<void> | undefined;
  const stop = (): void => {
    stopping ??= part.close().finally(() => process.exit());
  };
  process.removeAllListeners('disconnect').once('disconnect', stop);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, stop);
  process.send?.('listening');
}
