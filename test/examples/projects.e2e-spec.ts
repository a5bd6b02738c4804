import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('../../', import.meta.url));
const FOLDER = join(root, 'examples');
const MADE = /\/(node_modules|dist|eie-audit)\//;
/** What an entry point of nestjs-eie needs beside it: optional peers. */
const PEERS: Record<string, string[]> = {
  'nestjs-eie/mcp': ['@modelcontextprotocol/server'],
  'nestjs-eie/mcp-nest': ['@nestjs/microservices', '@rekog/mcp-nest'],
  'nestjs-eie/testing': ['@nestjs/testing'],
};

const textOf = (...path: string[]): string => readFileSync(join(...path), 'utf8');
const manifestOf = (folder: string) =>
  JSON.parse(textOf(folder, 'package.json')) as Record<string, Record<string, string>>;
const examples = readdirSync(FOLDER, { withFileTypes: true })
  .filter(entry => entry.isDirectory())
  .map(({ name }) => name);

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map(name => join(folder, name))
    .filter(file => /\.(ts|mjs)$/.test(file) && !MADE.test(file));
}

describe.each(examples)('the example %s', name => {
  const folder = join(FOLDER, name);
  const { scripts, dependencies, devDependencies, peerDependencies } = manifestOf(folder);
  const installed = { ...dependencies, ...devDependencies };
  const imports = filesOf(folder).flatMap(file =>
    [...textOf(file).matchAll(/^(?:import|\} from|export .* from) .*?'([^']+)'/gm)].map(([, specifier]) => ({
      from: file,
      specifier: specifier!,
    })),
  );

  it('can be copied: nothing in it leads out of its folder', () => {
    const outside = imports.filter(({ from, specifier }) => {
      return specifier.startsWith('.') && relative(folder, join(from, '..', specifier)).startsWith('..');
    });
    expect(outside).toEqual([]);
    expect(Object.values(installed).filter(range => /^(file|link|workspace):/.test(range))).toEqual([]);
    expect(textOf(folder, 'README.md')).not.toMatch(/\]\(\.\.\//);
  });

  it('names each package that it imports, and the peers of each entry point', () => {
    const packages = imports
      .map(({ specifier }) => specifier)
      .filter(specifier => !specifier.startsWith('.') && !specifier.startsWith('node:'))
      .flatMap(specifier => [/^(@[^/]+\/)?[^/]+/.exec(specifier)![0], ...(PEERS[specifier] ?? [])]);
    expect(packages.filter(one => !(one in installed) || builtinModules.includes(one))).toEqual([]);
    expect(peerDependencies).toBeUndefined();
    if (!('nestjs-eie' in installed)) return;
    const { peerDependencies: peers, peerDependenciesMeta } = manifestOf(join(root, 'libs/eie'));
    const needed = Object.keys(peers!).filter(peer => !(peer in peerDependenciesMeta!));
    expect(needed.filter(peer => !(peer in dependencies!))).toEqual([]);
  });

  it('names the packages of this repository by the version that they have', () => {
    const { version } = manifestOf(join(root, 'libs/eie')) as unknown as { version: string };
    const ours = Object.entries(dependencies!).filter(([one]) => /^(nestjs-eie|execution-identity)/.test(one));
    expect(ours.length).toBeGreaterThan(0);
    for (const [, range] of ours) expect(range).toBe(`^${version}`);
  });

  it('says how it is run, by scripts that it has, and what to try', () => {
    const readme = textOf(folder, 'README.md');
    expect(readme).toMatch(/^Try:$/m);
    expect(readme.split('\n').length).toBeLessThanOrEqual(45);
    const named = [...readme.matchAll(/\bnpm (?:run ([\w:-]+)|(start|test))\b/g)].map(
      ([, script, short]) => script ?? short!,
    );
    expect(named.filter(script => !(script in scripts!))).toEqual([]);
    const readsFile = Object.values(scripts!).some(script => script.includes('--env-file=.env '));
    expect(existsSync(join(folder, '.env.example'))).toBe(readsFile);
  });

  it('fits on a page, file by file, and is in the index', () => {
    for (const file of filesOf(folder)) expect([file, textOf(file).split('\n').length <= 80]).toEqual([file, true]);
    expect(textOf(FOLDER, 'README.md')).toContain(`](${name})`);
  });
});
