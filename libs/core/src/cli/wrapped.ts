const COLUMNS = 80;

/** Text on lines of at most 80 columns, each with its line feed. A line of the text stays one, with its own indentation; a word that is longer stands alone. */
export const wrapped = (text: string, indent = ''): string =>
  text
    .split('\n')
    .flatMap(line => {
      const own = /^ */.exec(line)![0];
      return wrappedLine(line.slice(own.length), indent + own);
    })
    .map(line => `${line}\n`)
    .join('');

function wrappedLine(text: string, indent: string): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    const longer = line ? `${line} ${word}` : word;
    if (line && indent.length + longer.length > COLUMNS) {
      lines.push(line);
      line = word;
    } else line = longer;
  }
  return [...lines, line].map(one => `${indent}${one}`);
}
