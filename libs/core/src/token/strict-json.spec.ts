import { parseStrictJson } from './strict-json.js';

const read = (json: string): unknown => parseStrictJson(Buffer.from(json));

describe('strict JSON', () => {
  it.each([
    '{}',
    '[]',
    '""',
    '0',
    'null',
    'true',
    ' {"a" : [1, {"b":"c"}], "d":{"a":1,"b":2}} ',
    '{"a":":","b":"{\\"a\\":1,\\"a\\":2}"}',
    '{"a":{"a":{"a":1}}}',
    '["a","a",{"a":1},{"a":2}]',
    '{"\\u0061":1,"b":2}',
    '{"😀":"😀","\\ud83d\\ude00 ":1}',
    '{"\\\\":1,"\\"":2}',
  ])('reads %s as every reader does', json => {
    expect(read(json)).toEqual(JSON.parse(json));
  });

  it.each([
    ['a duplicate member', '{"sub":"alice","sub":"admin"}'],
    ['a duplicate member in another spelling', '{"sub":"alice","s\\u0075b":"admin"}'],
    ['a duplicate member further in', '{"a":[{"b":1,"c":{},"b":2}]}'],
    ['a duplicate member with space before its colon', '{"a":1,"a" \n\t:2}'],
    ['a duplicate member whose first value has members of its own', '{"a":{"b":1,"c":2},"a":{}}'],
    ['two members named __proto__', '{"__proto__":1,"__proto__":2}'],
    ['a lone surrogate in a value', '{"a":"\\ud800"}'],
    ['a lone surrogate in a name', '{"\\udfff":1}'],
    ['two values', '{}{}'],
    ['a comment', '{/**/}'],
    ['a trailing comma', '[1,]'],
    ['a control character', '"\u0001"'],
    ['a number of another kind', 'NaN'],
    ['nothing', ''],
    ['a byte order mark', '\ufeff{}'],
  ])('refuses %s', (_what, json) => {
    expect(() => read(json)).toThrow(SyntaxError);
  });

  it('refuses invalid UTF-8', () => {
    expect(() => parseStrictJson(Buffer.from([0x22, 0xff, 0x22]))).toThrow(SyntaxError);
  });

  it('reads 32 levels and no more', () => {
    const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
    expect(() => read(nested(32))).not.toThrow();
    expect(() => read(nested(33))).toThrow(SyntaxError);
    expect(() => read(nested(100_000))).toThrow(SyntaxError);
  });

  it('keeps a member named __proto__ a member', () => {
    const value = read('{"__proto__":{"admin":true}}') as { admin?: boolean };
    expect(value.admin).toBeUndefined();
    expect(Object.keys(value)).toEqual(['__proto__']);
  });

  it('never quotes its input', () => {
    expect(() => read('{"secret-canary')).toThrow(
      expect.objectContaining({ message: expect.not.stringContaining('canary') as string }),
    );
  });
});
