import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ByHandError } from './by-hand.js';
import { type FileChange } from './file-changes.js';
import { jsonLike, parsedJson } from './json-text.js';
import { type NestProject, testFolders } from './nest-project.js';
import { hasJestPreset } from './packages.js';

/** A configuration of Jest, as far as it matters here. */
interface JestConfiguration {
  readonly preset?: string;
  readonly transform?: Readonly<Record<string, unknown>>;
}

/** The end-to-end tests of `nest new`. */
const E2E = 'jest-e2e.json';
/** A file that Jest must be able to load in a CommonJS project. */
const OURS = '/node_modules/nestjs-eie/dist/index.js';
const PRESET = 'nestjs-eie';

/** Whether the tests of the project run by a Jest that loads CommonJS alone, and this version has a preset for it. */
const needsPreset = ({ isEsm, manifest }: NestProject): boolean =>
  !isEsm && hasJestPreset() && [manifest.dependencies, manifest.devDependencies].some(one => one?.jest !== undefined);

/** `package.json` with the preset in its `jest`. Unchanged where it has none, or another preset. */
export function withJestPreset(project: NestProject, text: string): string {
  const manifest = parsedJson(text) as { jest?: JestConfiguration };
  if (!needsPreset(project) || !manifest.jest || manifest.jest.preset !== undefined) return text;
  return jsonLike(text, { ...manifest, jest: preset(manifest.jest) });
}

/** The same in the configuration of the end-to-end tests. */
export function jestChanges(project: NestProject): FileChange[] {
  if (!needsPreset(project)) return [];
  const files = testFolders(project).map(folder => join(folder, E2E));
  return files.filter(existsSync).flatMap(file => {
    const before = readFileSync(file, 'utf8');
    const configuration = read(before, file);
    if (configuration.preset !== undefined) return [];
    return [{ file, before, after: asWritten(before, configuration) }];
  });
}

function read(text: string, file: string): JestConfiguration {
  try {
    return parsedJson(text) as JestConfiguration;
  } catch {
    throw new ByHandError(`${file} cannot be read as JSON.`);
  }
}

/** What is left to do where Jest is configured in a way that is not changed here. */
export function jestNotes(project: NestProject): string[] {
  if (!needsPreset(project)) return [];
  const configured = project.manifest.jest as JestConfiguration | undefined;
  const files = readdirSync(project.folder).filter(name => /^jest\.config\.\w+$/.test(name));
  const where = configured?.preset !== undefined && configured.preset !== PRESET ? ['package.json'] : files;
  return where.map(name => `${name} configures Jest: give it what require('nestjs-eie/jest-preset') returns`);
}

/** Jest takes the first transform that fits, and that of `nest new` fits JavaScript, too: it is narrowed to TypeScript. */
function preset(configuration: JestConfiguration): JestConfiguration {
  const narrowed = Object.entries(configuration.transform ?? {}).map(([pattern, by]) => [narrow(pattern), by]);
  return {
    preset: PRESET,
    ...configuration,
    ...(configuration.transform && { transform: Object.fromEntries(narrowed) as Record<string, unknown> }),
  };
}

const narrow = (pattern: string): string => (new RegExp(pattern).test(OURS) ? '^.+\\.ts$' : pattern);

/** In the formatting of the text before, where that is a plain one. */
function asWritten(before: string, configuration: JestConfiguration): string {
  const after = preset(configuration);
  const [start = ''] = /^\{\r?\n[ \t]+/.exec(before) ?? [];
  const text = Object.keys(configuration.transform ?? {}).reduce(
    (changed, pattern) => changed.replace(JSON.stringify(pattern), () => JSON.stringify(narrow(pattern))),
    before.replace(start, `${start}"preset": "${PRESET}",${start.slice(1)}`),
  );
  try {
    if (JSON.stringify(JSON.parse(text)) === JSON.stringify(after)) return text;
  } catch {
    // It is written anew.
  }
  return jsonLike(before, after);
}
