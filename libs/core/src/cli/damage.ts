import { type ExitCode, type Terminal } from './command.js';

/** Lines that are not the record of their number, by the log. An answer that passes over one lacks something. */
export class Damage {
  readonly #logs = new Map<string, { readonly first: number; count: number }>();

  /** Of a log that has no record at all: it begins with one about itself. */
  noteEmpty(folder: string): void {
    this.#logs.set(folder, { first: 0, count: 0 });
  }

  note(folder: string, seq: number): void {
    const log = this.#logs.get(folder) ?? { first: seq, count: 0 };
    log.count += 1;
    this.#logs.set(folder, log);
  }

  /** @returns 1 where something is missing in the answer */
  tell(terminal: Terminal): ExitCode {
    for (const [folder, { first, count }] of this.#logs) {
      const lines = count === 1 ? 'one line is no record' : `${count} lines are not the records of their numbers`;
      const what = count ? `${lines}, first at ${first}` : 'it has no records';
      terminal.note(`${folder} was changed or damaged: ${what}. This answer may lack something. Run: audit verify\n`);
    }
    return this.#logs.size ? 1 : 0;
  }
}
