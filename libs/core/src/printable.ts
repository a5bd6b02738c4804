/** Characters of a value that came from outside. */
const MAX_VALUE = 128;
/** What could end the line, or turn it around. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\u2028\u2029]|\p{Surrogate}/gu;
/** Three parts that look like a JWS. A token does not belong into `iss` or `aud`, and not into a log either. */
const TOKEN = /[\w-]{16,}\.[\w-]{16,}\.[\w-]{16,}/g;

/** A text as it is, anything else as JSON: on one line, cut at 128 characters, without what looks like a token. For a log. */
export function printable(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  const safe = text
    .slice(0, 4 * MAX_VALUE)
    .replace(TOKEN, '[token]')
    .replace(UNPRINTABLE, escaped);
  return safe.length > MAX_VALUE ? `${safe.slice(0, MAX_VALUE)}…` : safe;
}

const escaped = (character: string): string => `\\u{${character.codePointAt(0)!.toString(16)}}`;
