/** Lines of aligned columns. The last column may be as long as it likes. */
export function table(head: string[], rows: string[][]): string {
  const widths = head.map((title, column) => Math.max(title.length, ...rows.map(row => row[column]!.length)));
  const line = (cells: string[]): string =>
    `  ${cells.map((cell, column) => (column === head.length - 1 ? cell : cell.padEnd(widths[column]!))).join('  ')}`.trimEnd();
  return [
    head,
    head.map((title, column) => '-'.repeat(column === head.length - 1 ? title.length : widths[column]!)),
    ...rows,
  ]
    .map(line)
    .join('\n');
}
