import { setTimeout as sleep } from 'node:timers/promises';
import { AuditFollower } from 'execution-identity/internal/cli';
import { type AuditEvent } from 'execution-identity';

/** Milliseconds. */
const POLL = 200;

/** What is told of an audit log that is followed. */
export interface AuditListener {
  /** @param events what has come since the last time, in the order of the log */
  readonly events: (events: readonly AuditEvent[]) => void;
  readonly found: () => void;
  /** Once for each new reason. */
  readonly failed: (message: string) => void;
}

/** Follows the audit log of the application until the signal aborts. A log that cannot be read is tried again. */
export async function followAudit(directory: string, listener: AuditListener, signal: AbortSignal): Promise<void> {
  const follower = new AuditFollower(directory);
  let failure: string | undefined;
  while (!signal.aborted) {
    const events: AuditEvent[] = [];
    try {
      for await (const event of follower.events()) events.push(event);
      failure = undefined;
    } catch (error) {
      const { message } = error as Error;
      if (message !== failure) listener.failed(message);
      failure = message;
    }
    if (follower.isThere) listener.found();
    if (events.length) listener.events(events);
    await sleep(POLL, undefined, { signal }).catch(() => undefined);
  }
}
