import { type EieError } from '../errors.js';
import { type Diagnostics } from '../ports/diagnostics.js';
import { refusalLine, type RefusalPlace } from '../refusal-line.js';

/** Lines for each reason in each minute; those of callers that are identified are counted apart. */
const MAX_LINES = 10;
const WINDOW_MS = 60_000;

interface Window {
  lines: number;
  leftOut: number;
  readonly isRecorded: boolean;
  readonly timer: NodeJS.Timeout;
}

/**
 * Tells the operator of each refusal in one line, once: an error that is recorded at several places is one refusal. Many of one reason are
 * summarised, so that nobody from outside can fill the log.
 */
export class RefusalReport {
  readonly #told = new WeakSet<EieError>();
  readonly #windows = new Map<string, Window>();

  constructor(private readonly diagnostics: Diagnostics) {}

  /**
   * @param isIdentified whether it is known who was refused: anonymous callers cannot hide the refusals of others
   * @param isRecorded whether the audit log has it too
   */
  tell(error: EieError, place: RefusalPlace, isIdentified: boolean, isRecorded = true): void {
    if (this.#told.has(error)) return;
    this.#told.add(error);
    const caller = isIdentified
      ? ''
      : isRecorded
        ? ' of callers that are not identified'
        : ' where nobody is identified';
    const window = this.#windowOf(`${error.code}${caller}`, isRecorded);
    if (++window.lines > MAX_LINES) window.leftOut++;
    else this.diagnostics.report(refusalLine(error, place));
  }

  /** Summarises what has not been summarised yet: nobody else would tell how many there were. */
  close(): void {
    for (const subject of [...this.#windows.keys()]) this.#summarise(subject);
  }

  #windowOf(subject: string, isRecorded: boolean): Window {
    const open = this.#windows.get(subject);
    if (open) return open;
    const timer = setTimeout(() => this.#summarise(subject), WINDOW_MS).unref();
    const window: Window = { lines: 0, leftOut: 0, isRecorded, timer };
    this.#windows.set(subject, window);
    return window;
  }

  #summarise(subject: string): void {
    const { leftOut, isRecorded, timer } = this.#windows.get(subject)!;
    clearTimeout(timer);
    this.#windows.delete(subject);
    if (!leftOut) return;
    this.diagnostics.report({
      level: 'warn',
      message: `${subject}: ${leftOut} more refusals within a minute are not shown here. ${isRecorded ? 'The audit log has them.' : 'No record has them.'}`,
    });
  }
}
