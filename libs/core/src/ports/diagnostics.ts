import { oneLine } from '../printable.js';

/** Characters of a remedy. */
const LONGEST = 300;

/** One line for the operator of the process. It never holds a token, a claim set or a payload. */
export interface Diagnostic {
  /** `error`: the operator has to act. `warn`: a caller or another server is at fault. `info`: how the process runs, once at its start. */
  readonly level: 'error' | 'warn' | 'info';
  readonly message: string;
}

/**
 * Where this library reports to the operator what went wrong and how to fix it. It is NOT the audit log: nothing waits for it, and a
 * lost line changes no decision. It must not throw.
 */
export interface Diagnostics {
  report(diagnostic: Diagnostic): void;
}

/**
 * The name of a foreign error in a diagnostic: its code (`ECONNREFUSED`), or that of its cause, else its name (`TimeoutError`). Its message is
 * left out, because it may quote what was sent.
 */
export function errorName(error: unknown): string {
  return namesIn(error).find((one): one is string => typeof one === 'string' && /^[\w.-]{1,64}$/.test(one)) ?? 'Error';
}

/**
 * What the operator is told of a store that does not answer, and what can be done about it where its error has a `remedy`: a fixed text of whoever wrote the store,
 * unlike a message, which may quote.
 *
 * @example storeFailure('replay store', error, 'what may be used once is refused until it does')
 */
export const storeFailure = (store: string, error: unknown, effect: string): string =>
  `The ${store} does not answer (${errorName(error)}): ${effect}.${remedyOf(error)}`;

function remedyOf(error: unknown): string {
  try {
    const { remedy } = Object(error) as { remedy?: unknown };
    return error instanceof Error && typeof remedy === 'string' ? ` ${oneLine(remedy.slice(0, LONGEST))}` : '';
  } catch {
    return '';
  }
}

/** Nothing of an error that cannot be looked at, such as a proxy. */
function namesIn(error: unknown): unknown[] {
  try {
    const { code, name, cause } = Object(error) as { code?: unknown; name?: unknown; cause?: unknown };
    return [code, (Object(cause) as { code?: unknown }).code, name];
  } catch {
    return [];
  }
}
