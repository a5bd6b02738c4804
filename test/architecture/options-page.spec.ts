import { readFileSync } from 'node:fs';

interface Report {
  readonly options: Readonly<Record<string, readonly string[]>>;
}

const page = readFileSync(new URL('../../docs/options.md', import.meta.url), 'utf8');
const { modules, providers } = JSON.parse(readFileSync(new URL('options.json', import.meta.url), 'utf8')) as Record<
  'modules' | 'providers',
  Report
>;

/** The sections of the page by their titles, as text. */
const sections = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map(section => [section.slice(0, section.indexOf('\n')).replaceAll('`', ''), section] as const),
);
const section = (title: string): string => sections.get(title) ?? '';

const quoted = (text: string): string[] => [...text.matchAll(/`([^`]+)`/g)].map(([, name]) => name!);
const cellsOf = (line: string): string[] =>
  line
    .slice(1, -1)
    .split('|')
    .map(cell => cell.trim());
const isUnder = (path: string, parents: readonly string[]): boolean =>
  parents.some(parent => path === parent || path.startsWith(`${parent}.`) || path.startsWith(`${parent}[]`));

/** The options that the tables of a section name. A row that begins with a dot stands for one at each place before its table. */
function inTables(title: string): string[] {
  let places: string[] = [];
  return section(title)
    .split('\n')
    .flatMap(line => {
      const at = /\bAt (`.+`):$/.exec(line);
      if (at || line.startsWith('#')) places = at ? quoted(at[1]!) : [];
      const [name] = /^\| `/.test(line) ? quoted(line) : [];
      if (name === undefined) return [];
      return name.startsWith('.') ? places.map(place => place + name) : [name];
    });
}

/** The options that a section takes over from another one. */
function takenOver(title: string): string[] {
  const [, from, names] = /^As in `([^`]+)`: ((?:`[^`]+`|[^.`])+)\./m.exec(section(title)) ?? [];
  if (from === undefined) return [];
  const without = quoted(/^Not here: (.+)$/m.exec(section(title))?.[1] ?? '');
  return inTables(from).filter(path => isUnder(path, quoted(names!)) && !isUnder(path, without));
}

const optionsOf = (title: string): string[] => [...inTables(title), ...takenOver(title)].sort();

describe('the page of the options', () => {
  it.each(Object.entries(modules.options))('has every option of %s, once, and no other', (call, options) => {
    expect(optionsOf(call)).toEqual([...options].sort());
  });

  it('has every option of an exchange, once, and no other', () => {
    const call = 'defineProvider() exchange';
    expect(optionsOf(call)).toEqual([...providers.options[call]!].sort());
  });

  it('has every parameter of every preset, once, and no other', () => {
    const named = section('Presets')
      .split('\n')
      .filter(line => line.startsWith('| `'))
      .map(line => cellsOf(line).slice(0, 2).join(' ').replaceAll('`', ''));
    const presets = Object.entries(providers.options).filter(([call]) => call.endsWith(' preset'));
    const all = presets.flatMap(([call, parameters]) =>
      parameters.map(one => `${call[0]!.toLowerCase()}${call.slice(1, -' preset'.length)} ${one}`),
    );
    expect(named.sort()).toEqual(all.sort());
  });

  it('says of every option its type, its default and what it does', () => {
    const rows = page.split('\n').filter(line => /^\| `/.test(line));
    expect(rows.length).toBeGreaterThan(150);
    expect(rows.filter(line => cellsOf(line).length < 4 || cellsOf(line).includes(''))).toEqual([]);
  });
});
