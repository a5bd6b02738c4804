import { type AuditEvent, AuditLog } from 'execution-identity';

/** Members that a record must have, or a function that says whether it is meant. */
export type AuditFilter = Partial<AuditEvent> | ((event: AuditEvent) => boolean);

interface Waiting {
  readonly matches: (event: AuditEvent) => boolean;
  readonly found: (event: AuditEvent) => void;
}

/** The audit log of a test application, in memory. */
export class TestAudit extends AuditLog {
  readonly #events: AuditEvent[] = [];
  readonly #waiting = new Set<Waiting>();

  /** Every record so far, in the order in which they were written. */
  get events(): readonly AuditEvent[] {
    return this.#events;
  }

  /**
   * The records that match, so far.
   *
   * @example app.audit.find({ type: 'execution.outcome', actor_sub: 'alice' })
   */
  find(filter: AuditFilter): AuditEvent[] {
    return this.#events.filter(matching(filter));
  }

  /**
   * The first record that matches, as soon as there is one: an outcome may follow its answer.
   *
   * @param timeout milliseconds. Default 5000
   * @throws Error that lists the types there are, where none comes in time
   * @example await app.audit.waitFor({ type: 'execution.outcome', handler: 'get_order' })
   */
  async waitFor(filter: AuditFilter, timeout = 5_000): Promise<AuditEvent> {
    const matches = matching(filter);
    const known = this.#events.find(matches);
    if (known) return known;
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(waiting);
        const types = [...new Set(this.#events.map(({ type }) => type))].join(', ');
        reject(new Error(`No such record came onto the audit log in ${timeout} ms. There are: ${types}`));
      }, timeout);
      const found = (event: AuditEvent): void => {
        clearTimeout(timer);
        this.#waiting.delete(waiting);
        resolve(event);
      };
      const waiting: Waiting = { matches, found };
      this.#waiting.add(waiting);
    });
  }

  /** Forgets the records so far. */
  clear(): void {
    this.#events.length = 0;
  }

  /** For the library, which writes here. */
  override append(event: AuditEvent): Promise<void> {
    this.#events.push(event);
    for (const { matches, found } of this.#waiting) if (matches(event)) found(event);
    return Promise.resolve();
  }

  override get place(): string {
    return 'the memory of a test';
  }
}

const matching = (filter: AuditFilter): ((event: AuditEvent) => boolean) =>
  typeof filter === 'function'
    ? filter
    : event => Object.entries(filter).every(([name, value]) => event[name as keyof AuditEvent] === value);
