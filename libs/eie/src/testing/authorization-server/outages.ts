import { setTimeout as delay } from 'node:timers/promises';

/** The parts of a test authorization server that can fail. */
export type ServerPart = 'metadata' | 'jwks' | 'token' | 'authorize' | 'register';

/** How a part fails: the status that it answers, or more. `closes`: the connection ends without an answer. `delay`: in milliseconds, before all else. */
export type Outage = number | { readonly status?: number; readonly closes?: boolean; readonly delay?: number };

/** What does not work at the moment. */
export class Outages {
  readonly #parts = new Map<ServerPart, Outage>();

  /** Until {@link mend}. A part that is not named is as before. */
  fail(outages: Readonly<Partial<Record<ServerPart, Outage>>>): void {
    for (const [part, outage] of Object.entries(outages)) this.#parts.set(part as ServerPart, outage);
  }

  /** @param parts default: all */
  mend(...parts: readonly ServerPart[]): void {
    if (!parts.length) this.#parts.clear();
    for (const part of parts) this.#parts.delete(part);
  }

  /** What a request for this part gets instead of an answer, once it has waited; `undefined`: its answer. */
  async of(part: ServerPart): Promise<{ status?: number } | undefined> {
    const outage = this.#parts.get(part);
    if (outage === undefined) return undefined;
    const {
      status,
      closes = false,
      delay: milliseconds = 0,
    } = typeof outage === 'number' ? { status: outage } : outage;
    if (milliseconds) await delay(milliseconds, undefined, { ref: false });
    if (closes) return {};
    return status === undefined ? undefined : { status };
  }
}
