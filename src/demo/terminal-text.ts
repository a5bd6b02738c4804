const WIDTH = 80;

/** The lines of a text that are wider than that. */
export const tooWide = (text: string): string[] => text.split('\n').filter(line => line.length > WIDTH);

/** The words of a text on lines of 80 columns, each behind the indent. A word that is longer, such as a path, is not broken. */
export const paragraph = (text: string, indent = '  '): string =>
  wrap(text, WIDTH - indent.length)
    .map(line => indent + line)
    .join('\n');

/** Names with their texts beside them. */
export function pairs(rows: readonly (readonly [name: string, text: string])[]): string {
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, text]) => lines([name, text], [width])).join('\n');
}

/** Aligned columns under their titles. The last column takes what is left of 80 columns, and may have lines of its own. */
export function table(head: readonly string[], rows: readonly (readonly string[])[], indent = '  '): string {
  const widths = head.slice(0, -1).map((title, at) => Math.max(title.length, ...rows.map(row => row[at]!.length)));
  const rule = head.map((title, at) => '-'.repeat(widths[at] ?? title.length));
  return [head, rule, ...rows].map(cells => lines(cells, widths, indent)).join('\n');
}

/** The cells of one row: the last one goes on below itself. */
function lines(cells: readonly string[], widths: readonly number[], indent = '  '): string {
  const before = cells
    .slice(0, -1)
    .map((cell, at) => `${cell.padEnd(widths[at]!)}  `)
    .join('');
  const texts = cells
    .at(-1)!
    .split('\n')
    .flatMap(text => wrap(text, WIDTH - indent.length - before.length));
  return texts.map((text, at) => (indent + (at ? ' '.repeat(before.length) : before) + text).trimEnd()).join('\n');
}

function wrap(text: string, width: number): string[] {
  const done: string[] = [];
  for (const word of text.split(' ')) {
    const line = done.at(-1);
    if (line === undefined || line.length + 1 + word.length > width) done.push(word);
    else done[done.length - 1] = `${line} ${word}`;
  }
  return done;
}
