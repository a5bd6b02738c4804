/** Characters of a value that came from outside. */
const MAX_VALUE = 128;
/** Characters that are looked at: a token is never longer. */
const MAX_READ = 16 * 1024;
/** What could end the line, or turn it around. */
const UNPRINTABLE = /[\p{Cc}\p{Cf}\u2028\u2029]|\p{Surrogate}/gu;
/** Three parts that look like a JWS, each read from its beginning alone. A token does not belong into `iss` or `aud`, and not into a log either. */
const TOKEN = /(?<![\w-])[\w-]{16,}\.[\w-]{16,}\.[\w-]{16,}/g;

/**
 * A text as it is, anything else as JSON: on one line, cut at 128 characters, without what looks like a token. For a log.
 */
export function printable(value: unknown): string {
  const text = typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing');
  const safe = oneLine(text.slice(0, MAX_READ).replace(TOKEN, '[token]'));
  return safe.length > MAX_VALUE ? `${safe.slice(0, MAX_VALUE)}…` : safe;
}

/** The same text without what could end its line. */
export const oneLine = (text: string): string => text.replace(UNPRINTABLE, escaped);

const escaped = (character: string): string => `\\u{${character.codePointAt(0)!.toString(16)}}`;
