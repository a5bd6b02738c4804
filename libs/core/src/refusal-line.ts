import { type EieError, findingOf } from './errors.js';
import { type Finding } from './finding.js';
import { type Diagnostic } from './ports/diagnostics.js';
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

/** Characters of a value that came from outside. */
const MAX_VALUE = 128;
/** What could end the line, or turn it around. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\u2028\u2029]|\p{Surrogate}/gu;
/** Three parts that look like a JWS. A token does not belong into `iss` or `aud`, and not into a log either. */
const TOKEN = /[\w-]{16,}\.[\w-]{16,}\.[\w-]{16,}/g;

/**
 * One line for the operator about a refusal: the reason, what decided, and what to change.
 *
 * Of a token it shows at most `iss`, `aud`, `alg` and `typ`, cut at 128 characters and marked as not verified. It shows no other claim, no token
 * and no input.
 *
 * @example catch (error) { if (error instanceof EieError) logger.warn(refusalLine(error).message); }
 */
export function refusalLine(error: EieError, { handler, target, traceId }: RefusalPlace = {}): Diagnostic {
  const finding = findingOf(error);
  const { level, fix } = remedyOf(error.code);
  const places = [handler && ` in ${shown(handler)}`, target && ` calling ${shown(target)}`].filter(Boolean).join('');
  const sentences = [
    `${error.code} (${wireOf(error.code).status})${places}: ${error.message}`,
    ...factsOf(finding),
    ...(error.scopes.length ? [`Scopes of the operation: ${shown(error.scopes.join(' '))}.`] : []),
    `To fix it: ${finding.fix ?? fix}`,
    ...(traceId ? [`Trace ${shown(traceId)}.`] : []),
  ];
  return { level, message: sentences.join(' ') };
}

function factsOf({ issuer, claim, expected, received, url, status, said }: Finding): string[] {
  const comparison = [
    expected !== undefined && `expected ${shown(expected)}`,
    received !== undefined && `received ${shown(received)} (not verified)`,
  ].filter(Boolean);
  const named = claim === undefined ? '' : `"${shown(claim)}"`;
  return [
    ...(issuer ? [`Issuer ${shown(issuer)}.`] : []),
    ...(named || comparison.length ? [`${[named, comparison.join(', ')].filter(Boolean).join(': ')}.`] : []),
    ...(status === undefined
      ? []
      : [url ? `${shown(withoutQuery(url))}: ${shown(status)}.` : `Cause: ${shown(status)}.`]),
    ...(said ? [`The server said ${shown(said)}.`] : []),
  ];
}

/** A text as it is, anything else as JSON: on one line, cut, without what looks like a token. */
function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  const safe = text
    .slice(0, 4 * MAX_VALUE)
    .replace(TOKEN, '[token]')
    .replace(UNPRINTABLE, escaped);
  return safe.length > MAX_VALUE ? `${safe.slice(0, MAX_VALUE)}…` : safe;
}

const escaped = (character: string): string => `\\u{${character.codePointAt(0)!.toString(16)}}`;

function withoutQuery(url: string): string {
  return url.split(/[?#]/, 1)[0]!.replace(/\/\/[^/@]*@/, '//');
}
