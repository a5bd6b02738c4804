import { type ServerReport } from './server-process.js';
import { labelOf } from './tools.js';
import { type Input } from './shop.js';

/** What was attacked, what was asked and answered by persons, and what must have run: by user, tool and arguments. */
export class Tally {
  attacks = 0;
  readonly legitimate = { asked: 0, ran: 0 };
  readonly failures: string[] = [];
  readonly #allowed = new Map<string, number>();

  /** Such a call was approved once more, and must run once. */
  allow(tool: string, user: string, input: Input): void {
    const label = labelOf(tool, user, input as never);
    this.#allowed.set(label, (this.#allowed.get(label) ?? 0) + 1);
    this.legitimate.asked++;
  }

  /** @returns how often something has run that nobody had approved */
  settle({ runs, unapproved }: ServerReport): number {
    const counted = new Map<string, number>();
    for (const [label, count] of runs) counted.set(label, (counted.get(label) ?? 0) + count);
    let ran = unapproved;
    if (unapproved) this.failures.push(`${unapproved} calls began without an approval on the audit log`);
    for (const [label, count] of counted) {
      const allowed = this.#allowed.get(label) ?? 0;
      this.legitimate.ran += Math.min(allowed, count);
      if (count > allowed) {
        ran += count - allowed;
        this.failures.push(`${label} ran ${count} times and was approved ${allowed} times`);
      }
    }
    for (const [label, allowed] of this.#allowed)
      if ((counted.get(label) ?? 0) < allowed) this.failures.push(`${label} was approved and did not run`);
    this.#allowed.clear();
    return ran;
  }
}
