import { EieError } from '../errors.js';
import { type ClaimPath, type Claims, nameOf, valueAt } from './claim-path.js';

/** Characters: a long list of scopes still fits a token. */
const MAX_WORDS = 8 * 1024;

/** What can end or turn around a line where a value is shown: controls, line separators, bidirectional controls. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029\p{Bidi_Control}]/u;

const IN_NO_WORD = /[\s\p{Cc}]/u;

/** A string that prints as it is, of at most `max` characters, or absent. */
export function text(claims: Claims, path: ClaimPath, max = 1024): string | undefined {
  const value = valueAt(claims, path);
  if (value === undefined) return undefined;
  if (typeof value !== 'string' || !value || value.length > max || UNPRINTABLE.test(value))
    invalid(path, `a text that prints, of at most ${max} characters`);
  return value;
}

/** A finite number of seconds, or absent: RFC 7519 §2 NumericDate. */
export function seconds(claims: Claims, path: ClaimPath): number | undefined {
  const value = valueAt(claims, path);
  if (value === undefined) return undefined;
  if (typeof value !== 'number' || !Number.isFinite(value) || value < 0) invalid(path, 'a number of seconds');
  return value;
}

/** The words of a space-delimited string (RFC 6749 §3.3) or of a list, each once, sorted; none when absent. */
export function words(claims: Claims, path: ClaimPath): string[] {
  // Some issuers write it where nothing is granted.
  if (valueAt(claims, path) === '') return [];
  const found = Array.isArray(valueAt(claims, path))
    ? list(claims, path)!
    : (text(claims, path, MAX_WORDS)?.split(' ') ?? []);
  if (found.some(word => IN_NO_WORD.test(word))) invalid(path, 'words');
  return [...new Set(found.filter(Boolean))].sort();
}

/** A list of strings, or absent. */
export function list(claims: Claims, path: ClaimPath): readonly string[] | undefined {
  const value = valueAt(claims, path);
  if (value === undefined) return undefined;
  if (!Array.isArray(value) || !value.every(one => typeof one === 'string')) invalid(path, 'a list of texts');
  return Object.freeze([...value]);
}

function invalid(path: ClaimPath, expected: string): never {
  throw new EieError('claim_invalid', { finding: { claim: nameOf(path), expected } });
}
