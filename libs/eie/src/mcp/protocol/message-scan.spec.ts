import fc from 'fast-check';
import { exceedsLimits, MESSAGE_LIMITS, type MessageLimits } from './message-limits.js';
import { bytesExceedLimits } from './message-scan.js';

const SMALL: MessageLimits = { depth: 3, values: 12, members: 3, text: 8, bytes: 10_000 };
const exceeds = (json: string, limits?: MessageLimits) => bytesExceedLimits(Buffer.from(json), limits);

const spaces = fc.constantFrom(undefined, 1, '\t');
/** Texts without escapes: those are as long when they are read as when they are written. */
const values = fc.jsonValue({ maxDepth: 6, stringUnit: fc.constantFrom(...'a{}[]:, 1') });

describe('the scan of a message that is not parsed yet', () => {
  it('refuses exactly the messages that the check of parsed ones refuses, however they are spaced', () => {
    fc.assert(
      fc.property(values, spaces, (value, space) => {
        expect(exceeds(JSON.stringify(value, null, space), SMALL)).toBe(exceedsLimits(value, SMALL));
      }),
      { numRuns: 5_000 },
    );
  });

  it('refuses none of the messages that the check of parsed ones accepts, when a parser reads what the scan let through', () => {
    const bytes = fc.array(fc.constantFrom(...'{}[]:,"\\ 1a'), { maxLength: 40 }).map(all => all.join(''));
    fc.assert(
      fc.property(bytes, json => {
        fc.pre(!exceeds(json, SMALL));
        try {
          expect(exceedsLimits(JSON.parse(json), SMALL)).toBe(false);
        } catch (error) {
          if ((error as Error).name !== 'SyntaxError') throw error;
        }
      }),
      { numRuns: 20_000 },
    );
  });

  it.each<[what: string, within: string, past: string]>([
    ['levels', `${'['.repeat(65)}${']'.repeat(65)}`, `${'['.repeat(65)}1${']'.repeat(65)}`],
    ['values', `[${'1,'.repeat(9_998)}1]`, `[${'1,'.repeat(9_999)}1]`],
    ['lists', `[${'[],'.repeat(9_998)}[]]`, `[${'[],'.repeat(9_999)}[]]`],
    ['texts', `[${'"",'.repeat(9_998)}""]`, `[${'"",'.repeat(9_999)}""]`],
    ['members', `{${'"a":1,'.repeat(999)}"a":1}`, `{${'"a":1,'.repeat(1_000)}"a":1}`],
    ['characters of a text', `["${'a'.repeat(262_144)}"]`, `["${'a'.repeat(262_145)}"]`],
    ['characters of a name', `{"${'a'.repeat(262_144)}":1}`, `{"${'a'.repeat(262_145)}":1}`],
    ['escapes of a text', `["${'\\"'.repeat(131_072)}"]`, `["${'\\"'.repeat(131_073)}"]`],
    ['bytes', `1${' '.repeat(1_048_575)}`, `1${' '.repeat(1_048_576)}`],
  ])('counts %s to the last one', (_what, within, past) => {
    expect([exceeds(within), exceeds(past)]).toEqual([false, true]);
  });

  it('counts the members of each object by itself', () => {
    const wide = `{${Array.from({ length: 900 }, (_, i) => `"m${i}":1`).join()}}`;
    expect(exceeds(`{"a":${wide},"b":[${wide},${wide}],"c":${wide}}`)).toBe(false);
    expect(exceeds(`{${'"a":{"b":1},'.repeat(1_000)}"a":1}`)).toBe(true);
  });

  it('reads bytes that are not JSON to their end, without an error', () => {
    for (const json of ['', '"', '"\\', '\\', ']]]]', '::::', '{"a"', 'nul', '\u0000', '"a""b"'])
      expect(exceeds(json)).toBe(false);
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), bytes =>
        expect(bytesExceedLimits(bytes)).toEqual(expect.any(Boolean)),
      ),
    );
  });

  it('stops at the depth that is allowed: a megabyte of brackets needs no stack', () => {
    expect([exceeds('['.repeat(1_048_576)), exceeds('{"a":'.repeat(200_000))]).toEqual([true, true]);
    expect(MESSAGE_LIMITS.depth).toBe(64);
  });
});
