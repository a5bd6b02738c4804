import fc from 'fast-check';
import { path } from './path.js';
import { targetUrl } from './target-url.js';

const BASE = new URL('https://api.test/shop/v1');
const refused = expect.objectContaining({ code: 'target_url_refused' });

/** Ordinary text of any script, and text made of what paths are made of. */
const values = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 20 }),
  fc.string({
    unit: fc.constantFrom('.', '/', '\\', '%', ';', '2', 'e', 'f', '5', 'a', ' ', '．', '？', '#', '?'),
    maxLength: 8,
  }),
);

describe('path', () => {
  it('keeps each value in its own segment', () => {
    expect(path`/orders/${'A 1'}/lines/${7}`).toBe('/orders/A%201/lines/7');
    expect(path`/orders/${12345678901234567890n}`).toBe('/orders/12345678901234567890');
    expect(path`/files/${'a.b'}.json?page=${'ü&x=1'}`).toBe('/files/a.b.json?page=%C3%BC%26x%3D1');
    expect(path`/orders`).toBe('/orders');
  });

  it.each([
    'A-1',
    'a.b',
    '..a',
    'x;v=1',
    'café',
    '100%',
    '?a',
    '#a',
    '%41',
    '{id}',
    '日本',
    '👩‍💻',
    ' ',
    '...',
    '@:&=+$,',
  ])('leaves %j what it is: its segment decodes to it', value => {
    const { pathname } = targetUrl(BASE, path`/orders/${value}/lines`);
    expect(pathname.split('/').map(decodeURIComponent)).toEqual(['', 'shop', 'v1', 'orders', value, 'lines']);
  });

  it.each([
    '',
    '.',
    '..',
    '..;',
    '..;x',
    '.;x',
    '../x',
    '/',
    'a/b',
    '\\',
    'a\\b',
    '%2e%2e',
    '%2F',
    '%252e%252e',
    '%5c',
  ])('refuses %j', value => {
    expect(() => path`/orders/${value}`).toThrow(refused);
  });

  it.each(['．．', '‥', '／', '＼', '％2e％2e', 'a\u0000', 'a\nb', '\u0085', '%ff', '%u002e', '\ud800', 'a\udc00'])(
    'refuses %j, which some server reads as a step up, a slash or an end',
    value => {
      expect(() => path`/orders/${value}`).toThrow(refused);
    },
  );

  it('refuses whatever is no text and no number', () => {
    for (const value of [undefined, null, true, {}, ['a'], Symbol('a'), () => 'a', NaN, Infinity, new String('a')])
      expect(() => path`/orders/${value as string}`).toThrow(refused);
  });

  it('refuses a value by itself, whatever stands beside it', () => {
    expect(() => path`/orders/v${'..'}`).toThrow(refused);
    expect(() => path`/orders?to=${'../x'}`).toThrow(refused);
  });

  it('refuses a value that climbs together with the text beside it', () => {
    expect(() => path`/orders/..${';x'}`).toThrow(refused);
    expect(() => path`/orders/%2${'e'}`).toThrow(refused);
    expect(path`/orders?to=/../${'x'}`).toBe('/orders?to=/../x');
  });

  it('sends any value below the base URL, in a last segment that decodes to exactly it, or refuses it', () => {
    fc.assert(
      fc.property(values, value => {
        let sent: string;
        try {
          sent = new Request(targetUrl(BASE, path`/orders/${value}`)).url;
        } catch (error) {
          expect(error).toEqual(refused);
          return;
        }
        expect(sent.startsWith('https://api.test/shop/v1/orders/')).toBe(true);
        expect(sent.split('/').slice(6).map(decodeURIComponent)).toEqual([value]);
      }),
      { numRuns: 5_000 },
    );
  });

  it('refuses no value without a dot, a slash, a backslash, a percent sign, or a character that is not printed', () => {
    const plain = fc
      .string({ unit: 'grapheme', minLength: 1, maxLength: 20 })
      .filter(text => !/[./\\%\p{Cc}]/u.test(text.normalize('NFKC')));
    fc.assert(fc.property(plain, value => expect(() => targetUrl(BASE, path`/orders/${value}`)).not.toThrow()));
  });
});
