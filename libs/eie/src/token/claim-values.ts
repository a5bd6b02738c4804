import { EieError } from '../eie.error.js';

type Claims = Readonly<Record<string, unknown>>;

/** A string without control characters, or absent. */
export function text(claims: Claims, name: string): string | undefined {
  const value = claims[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || !value || value.length > 1024 || /\p{Cc}/u.test(value)) throw new EieError('claim_invalid');
  return value;
}

/** A finite number of seconds, or absent: RFC 7519 §2 NumericDate. */
export function seconds(claims: Claims, name: string): number | undefined {
  const value = claims[name];
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) throw new EieError('claim_invalid');
  return value;
}

/** The words of a space-delimited string (RFC 6749 §3.3), each once, sorted; none when absent. */
export function words(claims: Claims, name: string): string[] {
  return [...new Set(text(claims, name)?.split(' ').filter(Boolean))].sort();
}

/** A list of strings, or absent. */
export function list(claims: Claims, name: string): readonly string[] | undefined {
  const value = claims[name];
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || !value.every(one => typeof one === 'string')) throw new EieError('claim_invalid');
  return Object.freeze([...value]);
}
