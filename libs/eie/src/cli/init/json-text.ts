/** JSON as npm writes it: with the indentation of the text before, and a line feed at its end where that had one. */
export const jsonLike = (before: string, content: object): string =>
  `${JSON.stringify(content, null, /^[ \t]+(?=")/m.exec(before)?.[0] ?? 2)}${/\n$/.test(before) ? '\n' : ''}`;
