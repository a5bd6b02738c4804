import { type EieError, findingOf } from './errors.js';
import { type Finding } from './finding.js';
import { type Diagnostic } from './ports/diagnostics.js';
import { oneLine, printable } from './printable.js';
import { wireOf } from './reasons.js';
import { remedyOf } from './remedies/remedies.js';

/** Where a refusal happened. */
export interface RefusalPlace {
  /** The tool, resource, prompt or `Class.method`. */
  readonly handler?: string | undefined;
  readonly target?: string | undefined;
  /** With it the records of the audit log are found. */
  readonly traceId?: string | undefined;
}

/**
 * One line for the operator about a refusal: the reason, what decided, and what to change.
 *
 * Of a token it shows at most `iss`, `aud`, `alg`, `typ` and `kid`, cut at 128 characters and marked as not verified, and of a verified one the client
 * and the times. It shows no other claim, no token and no input.
 *
 * @example catch (error) { if (error instanceof EieError) logger.warn(refusalLine(error).message); }
 */
export function refusalLine(error: EieError, { handler, target, traceId }: RefusalPlace = {}): Diagnostic {
  const finding = findingOf(error);
  const { level, fix } = remedyOf(error.code);
  const called = target ?? finding.target;
  const places = [handler && ` in ${printable(handler)}`, called && ` calling ${printable(called)}`]
    .filter(Boolean)
    .join('');
  const sentences = [
    `${error.code} (${wireOf(error.code).status})${places}: ${error.message}`,
    ...factsOf(finding),
    ...(error.scopes.length ? [`Scopes of the operation: ${printable(error.scopes.join(' '))}.`] : []),
    `To fix it: ${finding.fix ?? fix}`,
    ...(traceId ? [`Trace ${printable(traceId)}.`] : []),
  ];
  return { level, message: oneLine(sentences.join(' ')) };
}

function factsOf({ issuer, claim, expected, received, url, status, said }: Finding): string[] {
  const comparison = [
    expected !== undefined && `expected ${printable(expected)}`,
    received !== undefined && `received ${printable(received)} (not verified)`,
  ].filter(Boolean);
  const named = claim === undefined ? '' : `"${printable(claim)}"`;
  return [
    ...(issuer ? [`Issuer ${printable(issuer)}.`] : []),
    ...(named || comparison.length ? [`${[named, comparison.join(', ')].filter(Boolean).join(': ')}.`] : []),
    ...placeOf(url, status),
    ...(said ? [`The server said ${printable(said)}.`] : []),
  ];
}

function placeOf(url: string | undefined, status: string | number | undefined): string[] {
  if (url === undefined) return status === undefined ? [] : [`Cause: ${printable(status)}.`];
  const place = printable(withoutQuery(url));
  return [status === undefined ? `At ${place}.` : `${place}: ${printable(status)}.`];
}

function withoutQuery(url: string): string {
  return url.split(/[?#]/, 1)[0]!.replace(/\/\/[^/@]*@/, '//');
}
