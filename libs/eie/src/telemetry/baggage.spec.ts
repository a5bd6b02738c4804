import { parseBaggage } from './baggage.js';

const entries = (count: number): string[] => Array.from({ length: count }, (_, i) => `k${i}=v`);

describe('baggage', () => {
  it.each<[unknown, string]>([
    ['userId=alice', 'userId=alice'],
    ['userId=Am%C3%A9lie , serverNode=DF%2028', 'userId=Am%C3%A9lie,serverNode=DF%2028'],
    ['a=1;p1;p2=x ; p3 = y, b = 2', 'a=1;p1;p2=x ; p3 = y,b = 2'],
    [['a=1', '', 'b=2,'], 'a=1,b=2'],
    ['a=', 'a='],
    ['a=b=c', 'a=b=c'],
    ["!#$%&'*+-.^_`|~9=1", "!#$%&'*+-.^_`|~9=1"],
    ['a=1,a=2', 'a=1,a=2'],
  ])('is passed on as it came: %j', (value, passed) => {
    expect(parseBaggage(value)).toBe(passed);
  });

  it.each<[string, unknown]>([
    ['nothing in it', ''],
    ['no text', { a: 1 }],
    ['no value', 'a'],
    ['no key', '=1'],
    ['a space in a key', 'a b=1'],
    ['a space in a value', 'a=1 2'],
    ['a quote', 'a="1"'],
    ['a backslash', 'a=\\1'],
    ['a line break', 'a=1\r\nx: y'],
    ['a letter beyond ASCII', 'a=é'],
    ['an empty property', 'a=1;;b'],
    ['one malformed member among others', 'a=1,b,c=3'],
  ])('is dropped whole with %s', (_what, value) => {
    expect(parseBaggage(value)).toBeUndefined();
  });

  it('loses whole members past 64, and past 8,192 bytes', () => {
    expect(parseBaggage(entries(65).join())).toBe(entries(64).join());
    const long = ['a', 'b', 'c'].map(key => `${key}=${'v'.repeat(4000)}`);
    expect(parseBaggage(long.join())).toBe(long.slice(0, 2).join());
  });
});
