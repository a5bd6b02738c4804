import { readFileSync } from 'node:fs';
import { runInNewContext } from 'node:vm';
import { FIXTURES } from './fixture.js';
import { plain, rowOf } from './page.js';

const page = readFileSync(new URL('../../../docs/identity-providers.md', import.meta.url), 'utf8');
const recipes = readFileSync(new URL('../../../docs/providers/recipes.md', import.meta.url), 'utf8');
const rows = page.split('\n').map(plain);

/** The options under a heading, as a reader copies them. */
const optionsUnder = (title: string): unknown => {
  const [, code] =
    new RegExp(`^## ${title.replace(/[()]/g, '\\$&')}\\n[^#]*?\`\`\`ts\\n([^]*?)\`\`\``, 'm').exec(recipes) ?? [];
  return JSON.parse(JSON.stringify(runInNewContext(`(${code})`)));
};

describe('the page on identity providers', () => {
  it.each(FIXTURES.map(fixture => [fixture.title, fixture] as const))(
    'has a row for %s that says what its tests show',
    (_title, fixture) => {
      expect(rows).toContain(plain(rowOf(fixture)));
    },
  );

  it.each(FIXTURES.filter(({ kind }) => kind === 'recipe').map(fixture => [fixture.title, fixture] as const))(
    'shows the options for %s that its tests run with',
    (title, { options }) => expect(optionsUnder(title)).toEqual(options),
  );
});
