const MARKS = { SUCCESS: 'ok  ', FAILURE: 'FAIL', WARNING: 'warn', SKIPPED: 'skip' };

export const totals = ({ success, failure, warning, skipped }) =>
  `${success} succeeded, ${failure} failed, ${warning} warnings, ${skipped} skipped`;

/** One line for each check, and beneath it why it did not succeed. */
export function readable({ target, checks, summary }) {
  const lines = checks.flatMap(({ id, status, description, errorMessage }) => {
    const line = `${MARKS[status]}  ${id}`;
    if (status === 'SUCCESS') return [line];
    return status === 'SKIPPED'
      ? [`${line}: ${errorMessage}`]
      : [line, `        ${description}`, `        ${errorMessage}`];
  });
  return [target, '', ...lines, '', totals(summary), ''].join('\n');
}

/** The checks that came out differently, by server. */
export function differences(results) {
  const names = results.map(({ target }) => target);
  const rows = results[0].checks.map(({ id }, index) => [id, ...results.map(({ checks }) => checks[index].status)]);
  const different = rows.filter(([, first, ...others]) => others.some(one => one !== first));
  const table = [
    ['', ...names],
    ...different.map(([id, ...statuses]) => [
      id,
      ...statuses.map(status => (status === 'SUCCESS' ? 'ok' : status.toLowerCase()).replace('failure', 'FAILURE')),
    ]),
  ];
  const widths = table[0].map((_, column) => Math.max(...table.map(row => row[column].length)));
  const lines = table.map(row =>
    row
      .map((text, column) => text.padEnd(widths[column]))
      .join('  ')
      .trimEnd(),
  );
  return [
    ...lines,
    '',
    `${rows.length - different.length} further checks came out alike.`,
    '',
    ...results.flatMap(({ target, summary, configuration }) => [`${target}: ${totals(summary)}`, `  ${configuration}`]),
    '',
  ].join('\n');
}
