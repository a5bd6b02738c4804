/** The report of one entry point, under a head that says how much it exports. */
export function titled({ name, report, values, types, forgotten }) {
  const body = report.slice(report.indexOf('```ts'));
  const unexported = forgotten.length
    ? `\nNamed in these signatures and exported by no entry point: ${forgotten.map(one => `\`${one}\``).join(', ')}.\n`
    : '';
  return `# \`${name}\`

${values + types} exported names: ${values} values, ${types} types.
${unexported}
Written by \`npm run api\` from the published declarations. A difference here is a change of the public API.

${body}`;
}

/** How much each entry point exports, and how many options there are to know. */
export function overview(entryPoints, options) {
  const row = cells => `| ${cells.join(' | ')} |`;
  return `# Public API

Written by \`npm run api\`.

${row(['entry point', 'names', 'values', 'types'])}
${row(['---', '---:', '---:', '---:'])}
${entryPoints
  .map(({ name, file, values, types }) => row([`[\`${name}\`](${file}.api.md)`, values + types, values, types]))
  .join('\n')}

Options: ${options.modules.count} of the modules, ${options.providers.count} that only a preset or \`defineProvider()\` takes. Each is named in
[\`options.json\`](../test/architecture/options.json), and counted once wherever it may stand.
`;
}
