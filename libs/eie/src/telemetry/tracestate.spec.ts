import { parseTracestate } from './tracestate.js';

const members = (count: number, length = 4): string[] =>
  Array.from({ length: count }, (_, i) => `k${String(i).padStart(2, '0')}=${'v'.repeat(length - 4)}`);

describe('a tracestate', () => {
  it.each<[unknown, string]>([
    ['foo=1', 'foo=1'],
    ['foo=1,bar=2', 'foo=1,bar=2'],
    [' foo=1 \t , \t bar=2 ', 'foo=1,bar=2'],
    [['foo=1', '', 'bar=2,,'], 'foo=1,bar=2'],
    ['foo=  leading spaces are of the value', 'foo=  leading spaces are of the value'],
    ['a-z0_9*/@x=!+-<>~', 'a-z0_9*/@x=!+-<>~'],
    ['0=1', '0=1'],
    [`${'z'.repeat(256)}=${'v'.repeat(200)}`, `${'z'.repeat(256)}=${'v'.repeat(200)}`],
    ['foo=1,bar=2,foo=3', 'foo=1,bar=2'],
    [members(32, 10).join(), members(32, 10).join()],
  ])('is passed on as it came, in its order, but for spaces and what a key says twice: %j', (value, passed) => {
    expect(parseTracestate(value)).toBe(passed);
  });

  it.each<[string, unknown]>([
    ['nothing in it', ''],
    ['spaces and commas alone', ' , \t,'],
    ['no text', 7],
    ['a list with something else in it', ['foo=1', 7]],
    ['no value', 'foo'],
    ['an empty value', 'foo=,bar=3'],
    ['two equals signs', 'foo=bar=baz'],
    ['an upper-case key', 'FOO=1'],
    ['a key with a space', 'foo =1'],
    ['a key with a dot', 'foo.bar=1'],
    ['a key that begins with an at sign', '@foo=1,bar=2'],
    ['a key of 257 characters', `foo=1,${'z'.repeat(257)}=1`],
    ['a value of 257 characters', `foo=${'v'.repeat(257)}`],
    ['a tab in a value', 'foo=1\t2'],
    ['a line break in a value', 'foo=1\r\nx: y'],
    ['a letter beyond ASCII', 'foo=é'],
    [
      '33 members',
      members(33)
        .map(member => `${member}1`)
        .join(),
    ],
  ])('is dropped whole with %s', (_what, value) => {
    expect(parseTracestate(value)).toBeUndefined();
  });

  it('that is longer than 512 characters loses its long members first, then the last ones, and never a part of one', () => {
    const long = `long=${'v'.repeat(150)}`;
    const short = members(30, 20);
    expect(parseTracestate([short[0], long, ...short.slice(1)].join())).toBe(short.slice(0, 24).join());
    expect(parseTracestate([long, ...members(10, 20)].join())).toBe([long, ...members(10, 20)].join());
  });

  it.each([' ', '\t', ',', ' ,', 'a', 'a=', 'a=b ', '='])(
    'is refused, however long it is: %j, a hundred thousand times',
    piece => {
      expect(parseTracestate(`${piece.repeat(100_000)}\n`)).toBeUndefined();
    },
  );
});
