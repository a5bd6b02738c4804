// @ts-expect-error -- plain JavaScript, which `npm run docs` runs as it is
import { checkLinks } from '../../docs/.vitepress/links.mjs';
// @ts-expect-error -- the same
import { pagesOf } from '../../docs/.vitepress/pages.mjs';
// @ts-expect-error -- the same
import { checkCode } from './code.mjs';

interface Page {
  file: string;
  text: string;
}
interface Fault {
  page: string;
  line: number;
  message?: string;
  why?: string;
}
const pages = pagesOf() as Page[];
const block = (code: string, language = 'ts') => `\`\`\`${language}\n${code}\n\`\`\`\n`;

const WRONG: Record<string, [string, RegExp]> = {
  'an option that does not exist': [
    block("EieModule.forRoot({ resource, issuers, audiance: ['shop'] });"),
    /'audiance' does not exist/,
  ],
  'an option of a fragment that does not exist': [block("issuers: [{ …, algoritms: ['ES256'] }],"), /algoritms/],
  'a value of the wrong type beside what was left out': [
    block("targets: { orders_api: { …, mode: 'on_behalf' } },"),
    /on_behalf/,
  ],
  'a member that is missing where nothing was left out': [block('EieModule.forRoot({ issuers });'), /resource/],
  'a name that nobody declares': [block('EieModul.forRoot({ resource, issuers: [] });'), /test\/documents\/given/],
  'an export that does not exist': [block("import { EieModul } from 'nestjs-eie';"), /EieModul/],
  'TypeScript that does not parse': [block('const user = = 1;'), /TS1/],
  'JSON that does not parse': [block('{ "iss": }', 'json'), /no JSON/],
  'JavaScript that is no text of a tested file': [block('run();', 'js'), /quotes/],
  'an npm script that does not exist': [block('npm run demos', 'sh'), /"demos"/],
  'a command that the binary does not have': ['Run `npx nestjs-eie audit whom`.', /"audit whom"/],
};
const RIGHT: Record<string, string> = {
  'the methods of a class': block(
    "@Get()\n@RequireScopes('orders:read')\nlist(@Identity('actor.sub') user: string) { … }",
  ),
  'options that say they leave something out': block("targets: { orders_api: { mode: 'on_behalf_of', … } },"),
  'one issuer': block(
    "{ issuer: 'https://a.example', jwksUri: 'discovery', algorithms: ['ES256'], actorType: { user: { claim: 'sub' } } }",
  ),
  'what imports a file of the reader': block(
    "import { AppModule } from './app.module.js';\nawait NestFactory.create(AppModule);",
  ),
  'what an earlier block declares': block('const user = 1;') + block('user.toFixed();'),
  'records, one a line': block('{"seq":1}\n{"seq":2}', 'json'),
};
const planted = [
  ...Object.entries(WRONG).map(([name, [text]]) => ({ file: `wrong/${name}.md`, text })),
  ...Object.entries(RIGHT).map(([name, text]) => ({ file: `right/${name}.md`, text })),
  { file: 'unknown.md', text: block('(println "hello")', 'clojure') },
];

describe('the code of the documents', () => {
  let found: { codeFaults: Fault[]; unchecked: Fault[] };
  // All in one program: it takes as long for one block as for a hundred.
  beforeAll(() => {
    found = checkCode([...pages, ...planted]) as typeof found;
  });
  const messagesOf = (page: string) =>
    found.codeFaults.filter(fault => fault.page === page).map(({ message }) => message);

  it.each(pages.map(({ file }) => file))('compiles, parses, and names commands that exist: %s', file => {
    expect(found.codeFaults.filter(({ page }) => page === file)).toEqual([]);
    expect(found.unchecked.filter(({ page }) => page === file)).toEqual([]);
  });

  it.each(Object.entries(WRONG))('is refused with %s', (name, [, message]) => {
    expect(messagesOf(`wrong/${name}.md`).join('\n')).toMatch(message);
  });

  it.each(Object.keys(RIGHT))('may be %s', name => {
    expect(messagesOf(`right/${name}.md`)).toEqual([]);
  });

  it('is reported where nothing can check it', () => {
    expect(found.unchecked).toContainEqual({ page: 'unknown.md', line: 2, language: 'clojure' });
  });
});

describe('the links of the documents', () => {
  const faultsOf = (text: string) =>
    (checkLinks([{ file: 'docs/planted.md', text }]) as { deadLinks: Fault[] }).deadLinks.map(({ why }) => why);

  it('lead to files and headings that are there', () => {
    expect((checkLinks(pages) as { deadLinks: Fault[] }).deadLinks).toEqual([]);
  });

  it.each([
    '[a](options.md#a-key-for-signing)',
    '[a](../README.md#the-smallest-application)',
    '`[a](nowhere.md)`',
    '[a](https://example.com)',
  ])('may be %s', text => expect(faultsOf(text)).toEqual([]));

  it.each([
    ['[a](nowhere.md)', 'there is no such file'],
    ['![a](pictures/nothing.svg)', 'there is no such file'],
    ['<img src="nothing.svg">', 'there is no such file'],
    ['[a](../../outside.md)', 'there is no such file'],
    ['[a](options.md#a-key-for-singing)', 'the page has no such heading'],
    ['[a]: options.md#nothing', 'the page has no such heading'],
  ])('are dead where they are %s', (text, why) => expect(faultsOf(text)).toEqual([why]));
});
