import fc from 'fast-check';
import { formsOf } from './secret-forms.js';

describe('the forms of a secret', () => {
  it.each([
    ['JSON.stringify', 'pa"ss\\word-1234', 'pa\\"ss\\\\word-1234'],
    ['json_encode of PHP', 'a/b+c==', 'a\\/b+c=='],
    ['Gson', 'a/b+c==', 'a/b+c\\u003d\\u003d'],
    ['Gson, in capitals', 'a/b+c==', 'a/b+c\\u003D\\u003D'],
    ['.NET', 'a"b+c\\d', 'a\\u0022b\\u002Bc\\\\d'],
    ['Go', 'a<b&c"', 'a\\u003cb\\u0026c\\"'],
    ['an encoder of ASCII alone', 'pässword', 'p\\u00e4ssword'],
    ['encodeURIComponent', 'a/b c=', 'a%2Fb%20c%3D'],
    ['JSON.stringify, beside an emoji', '"\u{1f511}', '\\"\u{1f511}'],
    ['a form', 'a/b c=', 'a%2Fb+c%3D'],
  ])('have that of %s', (_encoder, secret, form) => expect(formsOf(secret)).toContain(form));

  it('of a signature are it, and it with `-` and `_` escaped', () =>
    expect(formsOf('Ab-1_c')).toEqual(['Ab-1_c', 'Ab\\u002d1\\u005fc', 'Ab\\u002D1\\u005Fc']));

  it('differ from it by a backslash, a percent sign or a plus', () =>
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), secret => {
        for (const form of formsOf(secret)) expect(form === secret || /[\\%+]/.test(form)).toBe(true);
      }),
    ));

  it('are one for letters and digits, and all of them decode to the secret', () => {
    expect(formsOf('Abc123')).toEqual(['Abc123']);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), secret => {
        const url = encodeURIComponent(secret.replace(/\p{Surrogate}/gu, '\ufffd'));
        for (const form of formsOf(secret).filter(one => ![secret, url, url.replaceAll('%20', '+')].includes(one)))
          expect(JSON.parse(`"${form}"`)).toBe(secret);
      }),
    );
  });
});
