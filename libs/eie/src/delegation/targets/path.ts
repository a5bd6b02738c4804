import { EieError } from 'execution-identity';
import { couldClimb, holdsClimbing } from './climbing.js';

/**
 * A path in which each interpolated value stays inside its own segment, whatever it holds: `path` encodes it, and refuses it where
 * some server could read it as more than one segment or as a step up. Use it wherever a value comes from a model or a user.
 *
 * A slash in a value is refused and not encoded, because lenient servers decode `%2F`. The same goes for a backslash, a control
 * character, `.` and `..`, in every encoding. A slug with dots (`a.b`), a percent sign (`100%`) and any script are fine.
 *
 * It does NOT decide which values make sense: `path` keeps `/orders/${id}` among the orders, but says nothing of which order. It does
 * NOT make queries either: use `URLSearchParams`.
 *
 * @throws EieError `target_url_refused` for such a value, for an empty one, and for one that is no string, finite number or bigint
 * @example await orders.json(path`/orders/${orderId}/lines/${line}`)
 */
export function path(parts: TemplateStringsArray, ...values: readonly (string | number | bigint)[]): string {
  const whole = parts.reduce((before, part, at) => before + segmentOf(values[at - 1]) + part);
  // A value can also climb together with the text beside it: `.${dots}`.
  if (holdsClimbing(whole.split(/[?#]/, 1)[0]!)) throw new EieError('target_url_refused');
  return whole;
}

function segmentOf(value: unknown): string {
  const text = isAllowed(value) ? String(value) : '';
  // Half of a surrogate pair has no encoding.
  const segment = /\p{Cs}/u.test(text) ? '' : encodeURIComponent(text);
  if (!segment || couldClimb(segment)) throw new EieError('target_url_refused');
  return segment;
}

const isAllowed = (value: unknown): value is string | number | bigint =>
  typeof value === 'string' || typeof value === 'bigint' || (typeof value === 'number' && Number.isFinite(value));
