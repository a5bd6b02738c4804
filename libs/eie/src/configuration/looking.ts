import { AuditLog } from 'execution-identity';

/** The same for every copy of this package, so that one of another version is not started by mistake. */
const LOOKING = Symbol.for('nestjs-eie.looking');

/**
 * Makes applications that are created meanwhile ones that are only looked at: their audit log is not opened and has no record, no folder is made, and
 * each act that would need a record is refused. For the commands `posture`, `doctor` and `explain`.
 */
export async function whileLooking<Result>(look: () => Promise<Result>): Promise<Result> {
  const shared = globalThis as Record<symbol, unknown>;
  shared[LOOKING] = true;
  try {
    return await look();
  } finally {
    delete shared[LOOKING];
  }
}

export const isLooking = (): boolean => (globalThis as Record<symbol, unknown>)[LOOKING] === true;

/** The audit log of the configuration, or, of an application that is only looked at, one that takes nothing. */
export const lookedAt = (log: AuditLog): AuditLog => (isLooking() ? new UnopenedAuditLog(log) : log);

/**
 * Whether this is the log of an application that is only looked at. It was decided where the log was chosen: what is looked at in the same process
 * meanwhile changes nothing about an application that starts.
 */
export const isLookedAt = (log: AuditLog): boolean => log instanceof UnopenedAuditLog;

/** Stands for an audit log that must not be written. What it refuses does not run: fail closed. */
class UnopenedAuditLog extends AuditLog {
  readonly #log: AuditLog;

  constructor(log: AuditLog) {
    super();
    this.#log = log;
  }

  override get place(): string {
    return this.#log.place;
  }

  override get assurance(): string | undefined {
    return this.#log.assurance;
  }

  append(): Promise<never> {
    return Promise.reject(new Error('This process only looks at the application: nothing runs in it.'));
  }
}
