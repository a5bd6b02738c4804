import { Buffer } from 'node:buffer';
import { bearer } from './requests.mjs';

const MAX_TOKEN_LENGTH = 8192;
const cache = new Map();

/** A signed token of that many characters, or of the next length that base64 has on the far side of `wanted`. */
function tokenOfLength(issuer, wanted, step) {
  const key = `${wanted} ${step}`;
  if (!cache.has(key)) {
    let length = Math.floor(((wanted - issuer.sign(issuer.claims({ pad: '' })).length) * 3) / 4) - 4 * step;
    const make = () => issuer.sign(issuer.claims({ sub: 'user-0', pad: 'x'.repeat(length) }));
    let token = make();
    while (step > 0 ? token.length < wanted : token.length > wanted) {
      length += step;
      token = make();
    }
    cache.set(key, token);
  }
  return cache.get(key);
}

/** All but tab, line feed and carriage return. */
const CONTROL_CHARACTERS = [...Array(32).keys(), 127]
  .filter(code => ![9, 10, 13].includes(code))
  .map(code => String.fromCharCode(code));
const bytesAbove = (random, length) =>
  Array.from({ length }, () => String.fromCharCode(128 + random.below(128))).join('');
const letters = (random, length) =>
  random
    .pick(['a', '.', '=', 'a.', 'e30.', ' a', '\t', ',', 'Bearer ', '{"a":', '%41', '\u00e9'])
    .repeat(length)
    .slice(0, length);
const someLength = random => random.pick([0, 1, 2, 100, 1000, 4000, 8191, 8192, 8193, 9000, 12_000, 15_000, 15_800]);

/** Requests whose credential is odd by its size or its bytes. */
const SIZES = {
  'a token of the largest size': ({ acme }) => ({
    headers: [bearer(tokenOfLength(acme, MAX_TOKEN_LENGTH, -1))],
    sub: 'user-0',
  }),
  'a token over the largest size': ({ acme }, random) => ({
    headers: [bearer(tokenOfLength(acme, MAX_TOKEN_LENGTH + 1 + random.pick([0, 100, 4000]), 1))],
  }),
  'an Authorization header of one repeated piece': (_world, random) => ({
    headers: [['Authorization', letters(random, someLength(random))]],
  }),
  'a bearer token of one repeated piece': (_world, random) => ({
    headers: [bearer(letters(random, someLength(random)))],
  }),
  'headers over 16 KB': ({ genuine }, random) => ({
    headers: [bearer(genuine[0]), ['X-Pad', 'x'.repeat(random.pick([16_384, 20_000, 60_000]))]],
  }),
  'many headers': (_world, random) => ({
    headers: [...Array.from({ length: random.pick([100, 500, 1500]) }, (_, i) => [`x${i}`, '1']), bearer('x.y.z')],
  }),
  'many scopes and no right': ({ acme }, random) => ({
    headers: [
      bearer(
        acme.sign(acme.claims({ scope: Array.from({ length: random.pick([20, 60]) }, (_, i) => `s:${i}`).join(' ') })),
      ),
    ],
  }),
  'a control character': ({ genuine }, random) => {
    const at = random.below(genuine[0].length);
    return { headers: [bearer(genuine[0].slice(0, at) + random.pick(CONTROL_CHARACTERS) + genuine[0].slice(at))] };
  },
  'bytes outside ASCII': ({ genuine }, random) => ({
    headers: [
      bearer(
        random.chance(0.5) ? bytesAbove(random, 1 + random.below(200)) : genuine[0].replace('.', bytesAbove(random, 1)),
      ),
    ],
  }),
  'UTF-8 in the header': ({ genuine }, random) => ({
    headers: [
      bearer(
        Buffer.from(`${random.pick(['\u202e', '\u200b', '\ufeff', '\u2060', 'ａ', '𝖆'])}${genuine[0]}`).toString(
          'latin1',
        ),
      ),
    ],
  }),
  'many dots': (_world, random) => ({ headers: [bearer('.'.repeat(random.pick([1, 2, 3, 4, 5, 100, 8000])))] }),
  'a header of the token that is no JSON object': ({ genuine }, random) => {
    const [, ...rest] = genuine[0].split('.');
    const header = random.pick([
      'null',
      '[]',
      '7',
      '""',
      '{',
      '{}',
      '{"alg":"ES256"',
      '['.repeat(3000),
      '{"a":'.repeat(900),
      '"\\',
      `{"alg":"${'x'.repeat(3000)}"}`,
      '{"alg":"ES256","__proto__":{"typ":"at+jwt"}}',
      '{"alg":1e999}',
    ]);
    return { headers: [bearer([Buffer.from(header).toString('base64url'), ...rest].join('.'))] };
  },
  'numbers out of range': ({ acme }, random) => {
    const claims = JSON.stringify(acme.claims());
    const number = random.pick(['1e999', '-1e999', '-0', '1e-999', '9'.repeat(400), '0.1e309']);
    return { headers: [bearer(acme.sign(claims.replace(/"exp":\d+/, `"exp":${number}`)))] };
  },
};

export function oddlySizedRequest(world, random) {
  const name = random.pick(Object.keys(SIZES));
  return [name, SIZES[name](world, random)];
}
