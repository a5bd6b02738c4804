import fc from 'fast-check';
import { couldClimb } from './climbing.js';

/** What a server, or a proxy before it, may do to a path before it looks at its segments. */
const READINGS: readonly ((path: string) => string)[] = [
  path => path.replace(/%([\da-f]{2})/gi, (_escape, hex: string) => String.fromCharCode(parseInt(hex, 16))),
  path => {
    try {
      return decodeURIComponent(path);
    } catch {
      return path;
    }
  },
  path => path.replace(/%u([\da-f]{4})/gi, (_escape, hex: string) => String.fromCharCode(parseInt(hex, 16))),
  path => path.normalize('NFKC'),
  path => path.replace(/;[^/]*/g, ''),
  path => path.replaceAll('\\', '/'),
];
const climbs = (path: string): boolean => /(^|\/)\.{1,2}(\/|$)/.test(path) || path.includes('/');

const PIECES = [
  '.',
  '..',
  '/',
  '\\',
  ';',
  '%',
  '25',
  '2e',
  '2f',
  '5c',
  '3b',
  'a',
  'u002e',
  '．',
  '／',
  '％',
  '․',
  '‥',
  '́',
];
const adversarial = fc.array(fc.constantFrom(...PIECES), { minLength: 1, maxLength: 8 }).map(all => all.join(''));

describe('a segment that could climb', () => {
  it.each([
    ['.', '..', '%2e', '%2E.', '.%2e', '%252e%252e', '%25252e%2e', '%2525252e%2e'],
    ['..;', '..;x=1', '.;x', '..%3b', '..%253Bx', ';/..', '.. ', '%20..'],
    ['%2f', 'a%2Fb', 'a%252fb', 'a%25252525252fb', '%5c', 'a%5Cb', 'a%255cb', '\\'],
    ['．．', '․', '‥', '%EF%BC%8E%EF%BC%8E', '%EF%BC%8F', '％2e％2e', '%EF%BC%852e', '＼', '.．;x', '℀'],
    ['%00', 'a%0ab', '%7f', '%C2%85', '\u0000', '%u002e', '%25u002e', '%25u2025'],
    ['%', '100%', '%2', '%zz', '%ff', '%c0%ae', '%25c0%25ae', '%e0%80%ae', '%2e\u0301%2f\u0307'],
  ])('is one of these: %j %j %j %j %j …', (...segments) => {
    expect(segments.filter(segment => !couldClimb(segment))).toEqual([]);
  });

  it('is none of these, which are names', () => {
    const names = [
      '',
      'a.b',
      '..a',
      'a..',
      '...',
      'x;v=1',
      'caf%C3%A9',
      'café',
      '100%25',
      '%E2%82%AC',
      'a%20b',
      '50%2525',
    ];
    expect([...names, ';', 'Ａ', '½', 'orders', '~me', 'a:b', '%41', '..%41'].filter(couldClimb)).toEqual([]);
  });

  it('is each one that four lenient readings, in any order, make a step up or a slash of', () => {
    const readings = fc.array(fc.constantFrom(...READINGS), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(adversarial, readings, (segment, chain) => {
        fc.pre(!segment.includes('/') && !couldClimb(segment));
        expect(climbs(chain.reduce((path, read) => read(path), segment))).toBe(false);
      }),
      { numRuns: 20_000 },
    );
  });
});
