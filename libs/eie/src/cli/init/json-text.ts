const BYTE_ORDER_MARK = '\ufeff';

/** JSON of a file, which editors of Windows begin with a byte order mark. @throws SyntaxError */
export const parsedJson = (text: string): unknown => JSON.parse(text.replace(BYTE_ORDER_MARK, ''));

/** JSON as npm writes it: with the indentation and the line ends of the text before, and what that had at its beginning and its end. */
export function jsonLike(before: string, content: object): string {
  const text = JSON.stringify(content, null, /^[ \t]+(?=")/m.exec(before)?.[0] ?? 2);
  const mark = before.startsWith(BYTE_ORDER_MARK) ? BYTE_ORDER_MARK : '';
  return mark + withLineEndsOf(before, `${text}${before.endsWith('\n') ? '\n' : ''}`);
}

/** @param text with line feeds alone */
export const withLineEndsOf = (before: string, text: string): string =>
  before.includes('\r\n') ? text.replaceAll('\n', '\r\n') : text;
