import { randomBytes } from 'node:crypto';
import { tokensWithin } from '../support/reachable.js';

const signature = randomBytes(64).toString('base64url');
const token = `eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.${signature}`;

class Holder {
  get kept() {
    return token;
  }
}

const holder = new Holder();

// The table keeps what its weak reference refers to.
const HIDING_PLACES: Record<string, unknown> = {
  'a member': { deep: { deeper: [token] } },
  'a longer string': [`curl -H "Authorization: Bearer ${token}"`],
  'the signature alone': { part: signature },
  'the name of a member': { [token]: true },
  'a symbol member': { [Symbol('hidden')]: token },
  'a member that does not show': Object.defineProperty({}, 'hidden', { value: token, enumerable: false }),
  'an accessor': {
    get hidden() {
      return token;
    },
  },
  'an inherited accessor': holder,
  'a function': Object.assign(() => undefined, { token }),
  'a map': new Map([['key', { token }]]),
  'the key of a map': new Map([[token, 1]]),
  'a set': new Set([token]),
  headers: new Headers({ authorization: `Bearer ${token}` }),
  'a request': new Request('http://127.0.0.1/', { headers: { authorization: `Bearer ${token}` } }),
  'form data': new URLSearchParams({ access_token: token }),
  bytes: Buffer.from(token),
  'an error': new Error('failed', { cause: { message: token } }),
  'a weak reference': new WeakRef(holder),
  'a circle': circle(),
};

function circle(): object {
  const one: Record<string, unknown> = {};
  one.other = { one, token };
  return one;
}

describe('the search that the hazards rely on', () => {
  it.each(Object.entries(HIDING_PLACES))('finds a token in %s', (_place, value) => {
    expect(tokensWithin(value, [token])).not.toEqual([]);
  });

  it('finds no token where there is none', () => {
    expect(tokensWithin({ token: 'another one', list: [1, null, undefined] }, [token])).toEqual([]);
  });

  it('refuses to search for nothing', () => {
    expect(() => tokensWithin({}, [])).toThrow('no token');
  });
});
