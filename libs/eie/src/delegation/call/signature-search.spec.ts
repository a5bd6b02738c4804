import { createHash, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { type KnownSignature } from '../../vault/known-signature.js';
import { searchSignature } from './signature-search.js';

const SIGNATURES = [32, 64, 256].map(bytes => randomBytes(bytes).toString('base64url'));
const hash = (text: string): string => createHash('sha256').update(text).digest('base64url');
const known = (beginning: Uint8Array): KnownSignature | undefined => {
  const found = SIGNATURES.find(one => one.startsWith(Buffer.from(beginning).toString()));
  return found === undefined ? undefined : { length: found.length, hash: hash(found) };
};
const search = (text: string) => searchSignature(Buffer.from(text, 'latin1'), known);
const nothing = { isFound: false, undecided: 0 };

/** How many bytes a search reads one by one, and how many it hashes. */
function work(bytes: Buffer, found?: KnownSignature): { reads: number; hashed: number } {
  let [reads, hashed] = [0, 0];
  const counting = new Proxy(bytes, {
    get(target, name) {
      if (typeof name === 'string' && /^\d+$/.test(name)) reads++;
      if (name !== 'subarray') return Reflect.get(target, name, target) as unknown;
      return (from: number, to: number) => {
        hashed += to - from;
        return target.subarray(from, to);
      };
    },
  });
  searchSignature(counting, () => found);
  return { reads, hashed };
}

/** Text in which a signature can hide: near misses, dots, and runs of what a signature consists of. */
const pieces = fc.oneof(
  fc.constantFrom('.', '..', '"', ' ', '\n', 'eyJhbGciOiJFUzI1NiJ9.', '1.5', 'A'.repeat(43), `.${'-'.repeat(60)}`),
  fc.uint8Array({ maxLength: 60 }).map(bytes => Buffer.from(bytes).toString('latin1')),
  fc.uint8Array({ maxLength: 60 }).map(bytes => Buffer.from(bytes).toString('base64url')),
  fc
    .tuple(fc.constantFrom(...SIGNATURES), fc.nat(343), fc.boolean())
    .map(([signature, length, isAfterDot]) => `${isAfterDot ? '.' : ''}${signature.slice(0, length)}`),
);
const text = fc.array(pieces, { maxLength: 12 }).map(all => all.join(''));

describe('the search for known signatures', () => {
  it('finds exactly the texts that hold a known signature after a dot', () => {
    fc.assert(
      fc.property(text, value => {
        expect(search(value).isFound).toBe(SIGNATURES.some(one => value.includes(`.${one}`)));
      }),
      { numRuns: 5_000 },
    );
  });

  it('leaves undecided whatever could go on as a known signature, and never more than one of them', () => {
    fc.assert(
      fc.property(text, fc.constantFrom(...SIGNATURES), fc.nat(343), (before, signature, cut) => {
        const begun = `.${signature.slice(0, Math.min(cut, signature.length - 1))}`;
        const { isFound, undecided } = search(before + begun);
        expect(isFound || undecided >= begun.length).toBe(true);
        expect(undecided).toBeLessThanOrEqual(Math.max(...SIGNATURES.map(one => one.length)));
      }),
      { numRuns: 2_000 },
    );
  });

  it.each(SIGNATURES.map(one => [one.length, one]))(
    'finds a signature of %i characters wherever it stands, whatever stands around it',
    (_length, signature) => {
      for (let before = 0; before < 100; before++)
        for (const [left, right] of [
          ['x', ''],
          [' ', '"'],
          ['.', '.'],
          ['a.', '-->'],
          ['"', 'abc'],
        ] as const)
          expect(search(`${left.repeat(before)}.${signature}${right}`)).toEqual({ isFound: true, undecided: 0 });
    },
  );

  it('does not take a signature for a known one that has another end, or another dot', () => {
    for (const one of SIGNATURES) {
      const other = one.endsWith('A') ? 'B' : 'A';
      expect(search(`a.b.${one.slice(0, -1)}${other} `)).toEqual(nothing);
      expect(search(`a.b.${one.slice(0, 30)}.${one.slice(30)} `)).toEqual(nothing);
      expect(search(`a.b.${one.slice(0, -1)} `)).toEqual(nothing);
    }
  });

  it('does not find what the guide says that escapes: an encoded, a turned or a divided signature', () => {
    const token = `eyJhbGciOiJFUzI1NiJ9.e30.${SIGNATURES[1]}`;
    const turned = [...token].reverse().join('');
    for (const escaped of [
      Buffer.from(token).toString('base64'),
      Buffer.from(token).toString('hex'),
      `${turned} `,
      token.replace(/.{64}/g, '$&\n'),
      SIGNATURES[1]!,
    ])
      expect(search(`${escaped} `).isFound).toBe(false);
  });

  it.each<[of: string, unit: string, reads: number, hashed: number]>([
    ['words', 'the order of a customer, 12.50, ', 0.5, 0],
    ['dots', '.', 0.1, 0],
    ['short parts', 'a.', 0.1, 0],
    ['no dot at all', 'a', 2.1, 0],
    ['parts that are one character too short', `.${'a'.repeat(42)}`, 2.1, 0],
    ['parts that are as long as a signature', `.${'a'.repeat(43)}`, 2.1, 43 / 44],
    ['parts that are longer than a signature', `.${'a'.repeat(65)}`, 2.1, 43 / 66],
    ['unknown tokens', `"eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.${'a'.repeat(86)}"`, 2.1, 43 / 130],
  ])('reads each byte about twice at most, and twice the bytes cost twice as much: %s', (_of, unit, reads, hashed) => {
    const of = (length: number) => work(Buffer.from(unit.repeat(Math.ceil(length / unit.length))).subarray(0, length));
    const [once, twice] = [of(50_000), of(100_000)];
    expect(once.reads).toBeLessThan(50_000 * reads + 100);
    expect(twice.reads).toBeLessThan(once.reads * 2 + 200);
    expect(twice.hashed).toBeLessThanOrEqual(100_000 * hashed + 43);
  });

  it.each(['.', '!'])(
    'still reads each byte a few times at most when an API repeats the beginning of a long known signature, each with a %s after it',
    end => {
      const unit = `.${'a'.repeat(43)}${end}`;
      const { reads, hashed } = work(Buffer.from(unit.repeat(2_000)), { length: 4_000, hash: '' });
      expect(reads).toBeLessThan(2_000 * unit.length * 3);
      expect(hashed).toBeLessThanOrEqual(2_000 * 43);
    },
  );
});
