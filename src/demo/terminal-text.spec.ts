import { pairs, paragraph, table, tooWide } from './terminal-text.js';

const LONG = 'the shop says of each of its users who has called which of its tools, and as whom, and in which mode';

describe('a text for a terminal', () => {
  it.each([
    ['a paragraph', paragraph(LONG, '    ')],
    ['a text beside its name', pairs([['a name', LONG]])],
    ['the last column of a table', table(['user', 'what'], [['alice', `${LONG}\n${LONG}`]], '      ')],
  ])('has lines of 80 columns and all of its words: %s', (_what, text) => {
    expect(tooWide(text)).toEqual([]);
    expect(text.replace(/\s+/g, ' ')).toContain(LONG);
  });

  it('goes on below itself in the last column, and nowhere else', () => {
    expect(table(['user', 'what'], [['alice', 'one\ntwo']])).toBe(
      ['  user   what', '  -----  ----', '  alice  one', '         two'].join('\n'),
    );
  });

  it('does not break a word that is longer than a line, such as a path', () => {
    const path = `/${'folder/'.repeat(12)}`;
    expect(paragraph(`see ${path}`)).toBe(`  see\n  ${path}`);
    expect(tooWide(paragraph(path))).toEqual([`  ${path}`]);
  });
});
