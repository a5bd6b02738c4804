import { type BenchReport, type BenchRow, type HeapRow, type TimeRow } from '../report.js';

type Row = BenchReport['rows'][number];
export const isBenchRow = (row: Row): row is BenchRow => 'totalUs' in row;

/** What a report says, as Markdown: its goals, and a table for each group. */
export function tables(report: BenchReport): string {
  const groups = [...new Set(report.rows.map(({ adapter }) => adapter))];
  return [
    '### Goals',
    table(
      ['goal', 'bar', 'reach', 'measured', 'met'],
      report.goals.map(({ goal, mandatory, bar, reach, measured, met }) => {
        const sign = reach > bar ? '≥' : '≤';
        return [
          `${mandatory ? '**must** ' : ''}${goal}`,
          `${sign} ${bar}`,
          `${sign} ${reach}`,
          measured,
          met ? 'yes' : '**no**',
        ];
      }),
    ),
    ...groups.flatMap(group => {
      const rows = report.rows.filter(({ adapter }) => adapter === group);
      const twin = report.aaTwin[group];
      const noise =
        twin === undefined ? '' : `Measured twice, one and the same was ${Math.abs(twin * 100).toFixed(1)} % apart.`;
      return [`### ${group}`, ...(noise ? [noise] : []), ...tablesOf(rows)];
    }),
  ].join('\n\n');
}

function tablesOf(rows: readonly Row[]): string[] {
  const measured = rows.filter(isBenchRow);
  const heap = rows.filter((row): row is HeapRow => 'heapBytes' in row);
  const times = rows.filter((row): row is TimeRow => 'ms' in row);
  return [
    ...(measured.length
      ? [
          table(
            ['', 'µs, all of it', 'µs, beyond the base', 'range', 'ratio', 'a second', 'p99 ms'],
            measured.map(({ name, totalUs, marginalUs, range, ratio, rps, p99Ms }) => [
              name,
              totalUs,
              marginalUs,
              range.join(' to '),
              ratio,
              rps,
              p99Ms,
            ]),
          ),
        ]
      : []),
    ...(heap.length
      ? [
          table(
            ['', 'bytes'],
            heap.map(({ name, heapBytes }) => [name, heapBytes]),
          ),
        ]
      : []),
    ...(times.length
      ? [
          table(
            ['', 'ms', 'range'],
            times.map(({ name, ms, range }) => [name, ms, range.join(' to ')]),
          ),
        ]
      : []),
  ];
}

const table = (heads: readonly string[], rows: readonly (readonly (string | number)[])[]): string =>
  [heads, heads.map(() => '---'), ...rows].map(cells => `| ${cells.join(' | ')} |`).join('\n');
