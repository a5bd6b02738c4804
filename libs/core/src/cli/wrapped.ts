const COLUMNS = 80;

/** Text on lines of at most 80 columns, each with its line feed; a word that is longer has a line of its own. */
export function wrapped(text: string, indent = ''): string {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line ? `${line} ${word}` : word;
    if (line && indent.length + longer.length > COLUMNS) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line].map(one => `${indent}${one}\n`).join('');
}
