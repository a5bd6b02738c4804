const sum = numbers => numbers.reduce((total, one) => total + one, 0);

/** The report of one entry point, under a head that says how much it exports. */
export function titled({ name, report, values, types, forgotten, fields }) {
  const body = report.slice(report.indexOf('```ts'));
  const options = fields.size ? ` Options: ${sum([...fields.values()])} fields in ${fields.size} classes.` : '';
  const unexported = forgotten.length
    ? `\nNamed in these signatures and exported by no entry point: ${forgotten.map(one => `\`${one}\``).join(', ')}.\n`
    : '';
  return `# \`${name}\`

${values + types} exported names: ${values} values, ${types} types.${options}
${unexported}
Written by \`npm run api\` from the published declarations. A difference here is a change of the public API.

${body}`;
}

/** How much each entry point exports, and how many options there are to know, each counted once. */
export function overview(entryPoints) {
  const row = cells => `| ${cells.join(' | ')} |`;
  const fields = new Map(entryPoints.flatMap(one => [...one.fields]));
  return `# Public API

Written by \`npm run api\`. A class of options that several entry points lead to is counted at each of them, and once in the sum.

${row(['entry point', 'names', 'values', 'types', 'option fields'])}
${row(['---', '---:', '---:', '---:', '---:'])}
${entryPoints
  .map(({ name, file, values, types, fields: own }) =>
    row([`[\`${name}\`](${file}.api.md)`, values + types, values, types, sum([...own.values()])]),
  )
  .join('\n')}

${sum([...fields.values()])} option fields in ${fields.size} classes:
${[...fields]
  .sort(([one], [other]) => one.localeCompare(other))
  .map(([name, count]) => `\`${name}\` ${count}`)
  .join(', ')}.
`;
}
