import { execFileSync } from 'node:child_process';
import { appendFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { FORMS, PLANTED } from './planted-imports.js';

const root = fileURLToPath(new URL('../../', import.meta.url));
const COPIED = [
  'libs/core/src',
  'libs/core/test',
  'libs/core/package.json',
  'libs/eie/src',
  'libs/eie/package.json',
  'libs/bullmq/src',
  'libs/bullmq/package.json',
  'libs/cedar/src',
  'libs/cedar/package.json',
  'libs/postgres/src',
  'libs/postgres/test',
  'libs/postgres/package.json',
  'libs/redis/src',
  'libs/redis/test',
  'libs/redis/package.json',
  'src',
  'package.json',
  'tsconfig.json',
  '.dependency-cruiser.mjs',
];

interface Violation {
  readonly from: string;
  readonly rule: { readonly name: string };
}

/** Which forbidden imports dependency-cruiser finds in a copy of the sources, and the names of all rules. */
function cruise(copy: string): { violations: Violation[]; rules: string[] } {
  const binary = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
  const options = ['libs', 'src', 'test', '--config', '.dependency-cruiser.mjs', '--output-type', 'json'];
  const { summary } = JSON.parse(
    execFileSync(process.execPath, [binary, ...options], { cwd: copy, maxBuffer: 2 ** 28, encoding: 'utf8' }),
  ) as { summary: { violations: Violation[]; ruleSetUsed: { forbidden: { name: string }[] } } };
  return { violations: summary.violations, rules: summary.ruleSetUsed.forbidden.map(({ name }) => name) };
}

describe('the import rules', () => {
  let copy: string;
  let found: { violations: Violation[]; rules: string[] };

  beforeAll(() => {
    copy = mkdtempSync(join(tmpdir(), 'eie-imports-'));
    for (const path of COPIED) cpSync(join(root, path), join(copy, path), { recursive: true });
    symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'));
    const append = ([path, text]: [string, string]) => {
      mkdirSync(dirname(join(copy, path)), { recursive: true });
      appendFileSync(join(copy, path), text);
    };
    for (const { file, text, beside = {} } of PLANTED) Object.entries({ [file]: text, ...beside }).forEach(append);
    Object.entries(FORMS).forEach(append);
    found = cruise(copy);
  });
  afterAll(() => rmSync(copy, { recursive: true, force: true }));

  const breaks = (file: string, name: string) =>
    found.violations.some(({ from, rule }) => from === file && rule.name === name);

  it.each(PLANTED.map(({ rule, file }) => [rule, file]))('%s is broken by an import in %s, and says so', (rule, file) =>
    expect(breaks(file, rule)).toBe(true),
  );

  it.each(Object.keys(FORMS))('who-opens-the-vault is broken in every form of an import (%s)', file =>
    expect(breaks(file, 'who-opens-the-vault')).toBe(true),
  );

  it('are each broken by something above: none is there that nothing breaks', () => {
    expect([...found.rules].sort()).toEqual(PLANTED.map(({ rule }) => rule).sort());
  });

  it('are broken by nothing else', () => {
    const planted = PLANTED.flatMap(({ file, beside = {} }) => [file, ...Object.keys(beside)]);
    const others = found.violations.filter(({ from }) => !planted.includes(from) && !(from in FORMS));
    expect(others.map(({ from, rule }) => `${from}: ${rule.name}`)).toEqual([]);
  });
});
