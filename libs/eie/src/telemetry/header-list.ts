/**
 * The members of a comma-separated header, in their order: RFC 9110 §5.6.1. Several lines of one header are one list. Empty members are
 * left out. In linear time: an expression that trims the end of a string would not be.
 *
 * @returns `undefined` for anything but text
 */
export function listOf(value: unknown): string[] | undefined {
  const lines = Array.isArray(value) ? (value as unknown[]) : [value];
  if (!lines.every(line => typeof line === 'string')) return undefined;
  return lines
    .flatMap(line => line.split(','))
    .map(trimmed)
    .filter(Boolean);
}

/** Without the optional whitespace around it: spaces and tabs, and nothing else. */
export function trimmed(text: string): string {
  let [start, end] = [0, text.length];
  while (start < end && isBlank(text, start)) start++;
  while (end > start && isBlank(text, end - 1)) end--;
  return text.slice(start, end);
}

const isBlank = (text: string, at: number): boolean => text[at] === ' ' || text[at] === '\t';
