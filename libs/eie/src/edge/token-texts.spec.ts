import { jwsIn, tokensIn } from './token-texts.js';

const JWS = 'eyJhbGciOiJFUzI1NiJ9.e30.c2lnbmF0dXJl';

describe('a text that can be a token', () => {
  it.each([
    [`Bearer ${JWS}`, [JWS]],
    [`Bearer,${JWS}`, [JWS]],
    [`Bearer "${JWS}", Bearer ${'b'.repeat(16)}`, [JWS, 'b'.repeat(16)]],
    [` opaque+token/of~an-issuer== `, ['opaque+token/of~an-issuer']],
    ['Bearer 1|of-an-application-with-its-own-form', ['of-an-application-with-its-own-form']],
    ['Bearer 203.0.113.195, 198.51.100.7', []],
    ['Bearer 2001:db8:85a3::8a2e:370:7334', []],
    ['Bearer short', []],
  ])('is found in %j', (value, tokens) => expect(tokensIn(value)).toEqual(tokens));

  it.each([
    [JWS, [JWS]],
    [`Bearer "${JWS}"; a`, [JWS]],
    ['evil.example.test-and-longer', []],
    ['an-opaque-text-of-many-characters', []],
    ['MIIBszCCAVmgAwIBAgIUQ', []],
    [`${JWS}.a.b.c`, []],
  ])('has the form of a JWS in %j', (value, found) => expect(jwsIn(value)).toEqual(found));
});
