import { claim, each, Rule } from './case.js';
import { NOW } from './genuine.js';

/** What is no NumericDate, in each of the three places. */
const NO_DATE = {
  text: `${NOW + 60}`,
  'empty-text': '',
  iso: '2027-01-15T08:00:00Z',
  true: true,
  false: false,
  list: [NOW + 60],
  object: { seconds: NOW + 60 },
};
const text = (name: string, literal: string) => ({ withoutClaims: [name], claimsText: `{…,"${name}":${literal}}` });

export default [
  new Rule('claims', 'exp', 'RFC 7519 §2, §4.1.4')
    .legal({
      'in-the-next-second': { claims: { exp: NOW + 1 } },
      'in-half-a-second': { claims: { exp: NOW + 0.5 } },
      'in-a-microsecond': { claims: { exp: NOW + 0.000001 } },
      fraction: { claims: { exp: NOW + 59.999 } },
      'with-exponent': text('exp', '1.8000003e9'),
      'with-trailing-zeros': text('exp', '1800000300.000'),
      'with-a-negative-exponent': text('exp', '18000003000E-1'),
      'at-the-longest-lifetime': { claims: { iat: NOW, exp: NOW + 3600 } },
      'before-nbf': { claims: { exp: NOW + 5, nbf: NOW + 10 } },
    })
    .illegal('token_expired', {
      ...claim('exp', {
        'in-this-second': NOW,
        'a-second-ago': NOW - 1,
        'within-the-leeway-of-others': NOW - 29,
        'half-a-second-ago': NOW - 0.5,
        'a-year-ago': NOW - 31_536_000,
        zero: 0,
        one: 1,
      }),
      'minus-zero': text('exp', '-0'),
      'too-small-for-a-number': text('exp', '1e-400'),
      'before-iat': { claims: { iat: NOW, exp: NOW - 1 } },
      'ago-and-everything-else-wrong': { claims: { exp: NOW - 1, aud: 'x', sub: 7, client_id: null } },
    })
    .illegal('claim_missing', { missing: { withoutClaims: ['exp'] }, null: { claims: { exp: null } } })
    .illegal('claim_missing', {
      'in-the-header-alone': { withoutClaims: ['exp'], header: { exp: NOW + 60 } },
      'as-expires-in': { withoutClaims: ['exp'], claims: { expires_in: 300 } },
    })
    .illegal('claim_invalid', { ...claim('exp', { ...NO_DATE, negative: -1 }), infinite: text('exp', '1e400') })
    .illegal('token_lifetime_refused', {
      milliseconds: { claims: { exp: (NOW + 300) * 1000 } },
      huge: { claims: { exp: 1e308 } },
      'a-second-too-far': { claims: { iat: NOW, exp: NOW + 3601 } },
      'half-a-second-too-far': { claims: { iat: NOW, exp: NOW + 3600.5 } },
      'a-year-ahead': { claims: { exp: NOW + 31_536_000 } },
      'beyond-2-53': text('exp', '9007199254740993'),
    }),
  new Rule('claims', 'iat', 'RFC 7519 §2, §4.1.6; RFC 9068 §2.2')
    .legal({
      ...claim('iat', {
        now: NOW,
        fraction: NOW - 0.25,
        'at-the-leeway': NOW + 30,
        'a-half-below-the-leeway': NOW + 29.5,
      }),
      'after-exp': { claims: { iat: NOW + 20, exp: NOW + 10 } },
      'with-exponent': text('iat', '1.8e9'),
      'as-long-ago-as-allowed': { claims: { iat: NOW - 3599, exp: NOW + 1 } },
    })
    .illegal('token_not_yet_valid', {
      ...claim('iat', {
        'beyond-the-leeway': NOW + 31,
        'a-half-beyond-the-leeway': NOW + 30.5,
        milliseconds: (NOW - 10) * 1000,
        huge: 1e308,
      }),
    })
    .illegal('claim_missing', { missing: { withoutClaims: ['iat'] }, null: { claims: { iat: null } } })
    .illegal('claim_invalid', {
      ...claim('iat', { ...NO_DATE, negative: -1 }),
      infinite: text('iat', '1e999'),
    })
    .illegal('token_lifetime_refused', {
      zero: { claims: { iat: 0 } },
      'too-long-ago': { claims: { iat: NOW - 3301 } },
    }),
  new Rule('claims', 'nbf', 'RFC 7519 §2, §4.1.5')
    .legal({
      ...claim('nbf', {
        null: null,
        now: NOW,
        zero: 0,
        'long-ago': 1,
        fraction: NOW - 9.5,
        'at-the-leeway': NOW + 30,
        'a-half-below-the-leeway': NOW + 29.5,
      }),
      'before-iat': { claims: { nbf: NOW - 20, iat: NOW - 10 } },
      'after-iat': { claims: { nbf: NOW - 5, iat: NOW - 10 } },
    })
    .illegal('token_not_yet_valid', {
      ...each(
        {
          'beyond-the-leeway': NOW + 31,
          'a-half-beyond-the-leeway': NOW + 30.5,
          milliseconds: NOW * 1000,
          tomorrow: NOW + 86_400,
          huge: 1e308,
        },
        nbf => ({ claims: { nbf } }),
      ),
    })
    .illegal('claim_invalid', { ...claim('nbf', { ...NO_DATE, negative: -1 }), infinite: text('nbf', '1e400') }),
];
