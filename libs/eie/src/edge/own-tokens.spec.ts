import { containOwnToken } from './own-tokens.js';

const OURS = ['https://mcp.shop.test/mcp'];
const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url');
const jwt = (payload: unknown) => `${part({ alg: 'ES256' })}.${part(payload)}.c2lnbmF0dXJl`;

describe('a token for this server', () => {
  it.each([
    ['alone', jwt({ aud: OURS[0] })],
    ['for several', jwt({ aud: ['https://other.test', OURS[0]] })],
    ['behind a scheme', `Bearer ${jwt({ aud: OURS[0] })}`],
    ['in a list, and in quotation marks', `a=1; t="${jwt({ aud: OURS[0] })}", b`],
    ['without a signature', jwt({ aud: OURS[0] }).replace(/[^.]+$/, '')],
  ])('is found %s', (_where, value) => expect(containOwnToken([value], OURS)).toBe(true));

  it.each([
    ['a token for another server', jwt({ aud: 'https://other.test' })],
    ['a token without an audience', jwt({ sub: 'alice' })],
    ['an opaque token', 'key-of-the-legacy-back-office'],
    ['a host name', 'www.shop.test'],
    ['an address', '127.0.0.1'],
    ['null as a payload', jwt(null)],
  ])('is not %s', (_what, value) => expect(containOwnToken([value], OURS)).toBe(false));
});
