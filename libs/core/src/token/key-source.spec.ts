import { type KeyObject } from 'node:crypto';
import { EieConfigurationError } from '../errors.js';
import { type JwkSet, type PublicJwk } from './jwk-set.js';
import { remoteKeys } from './key-source.js';
import { staticKeys } from './static-keys.js';
import { newKeyPair } from '../key-pair.js';

const pair = () => newKeyPair();
const [one, two] = [pair(), pair()];
const rsa = newKeyPair('rsa', { modulusLength: 2048 });
const jwk = (key: KeyObject, extra: object = {}): PublicJwk => ({ ...key.export({ format: 'jwk' }), ...extra });
const set = (...keys: PublicJwk[]): JwkSet => ({ keys });
const unknown = { code: 'key_unknown' };

describe('staticKeys', () => {
  const keys = staticKeys(
    set(
      jwk(one.publicKey, { kid: '1' }),
      jwk(two.publicKey, { kid: '2', alg: 'ES256' }),
      jwk(rsa.publicKey, { kid: 'r' }),
    ),
  );

  it('finds a key by its kid', async () => {
    expect((await keys.find({ alg: 'ES256', kid: '2' })).equals(two.publicKey)).toBe(true);
    expect((await keys.find({ alg: 'PS256', kid: 'r' })).equals(rsa.publicKey)).toBe(true);
  });

  it('refuses a key that does not fit the algorithm', async () => {
    for (const [alg, kid] of [
      ['RS256', '1'],
      ['ES256', 'r'],
      ['ES384', '1'],
      ['HS256', '1'],
      ['none', '1'],
      ['EdDSA', '1'],
      ['RS1', 'r'],
      ['toString', '1'],
    ] as const) {
      await expect(keys.find({ alg, kid })).rejects.toMatchObject(unknown);
    }
  });

  it('takes the only key that fits when the token names none, and no guess among several', async () => {
    expect((await keys.find({ alg: 'RS256' })).equals(rsa.publicKey)).toBe(true);
    await expect(keys.find({ alg: 'ES256' })).rejects.toMatchObject(unknown);
  });

  it.each<[string, unknown]>([
    ['a symmetric key', { kty: 'oct', k: 'AAAA' }],
    ['a private key', jwk(one.privateKey)],
    ['a key for encryption', jwk(one.publicKey, { use: 'enc' })],
    ['a key that cannot be read', { kty: 'EC', crv: 'P-256', x: 'x', y: 'y' }],
    ['null', null],
  ])('leaves out %s', async (_what, key) => {
    expect(() => staticKeys(set(key as PublicJwk))).toThrow(EieConfigurationError);
    expect(
      (await staticKeys(set(key as PublicJwk, jwk(two.publicKey, { kid: '2' }))).find({ alg: 'ES256' })).equals(
        two.publicKey,
      ),
    ).toBe(true);
  });
});

describe('remoteKeys', () => {
  let now: number;
  let served: unknown;
  let fetches: { url: string; redirect: string | undefined }[];
  const header = (kid: string) => ({ alg: 'ES256', kid });
  const source = (more: { maxKeyAge?: number; restAfterUnknownKeys?: number } = {}) =>
    remoteKeys('https://as.test/jwks', {
      ...more,
      clock: () => now * 1000,
      random: () => 0.5,
      fetch: async (url, init) => {
        fetches.push({ url: url as string, redirect: init?.redirect });
        if (served instanceof Error) throw served;
        return typeof served === 'string'
          ? new Response(served)
          : served instanceof Response
            ? served.clone()
            : Response.json(served);
      },
    });

  beforeEach(() => {
    now = 1000;
    fetches = [];
    served = set(jwk(one.publicKey, { kid: '1' }));
  });

  const settled = () => new Promise(resolve => setImmediate(resolve));

  it('fetches when first asked, follows no redirect, and then not for eight minutes', async () => {
    const keys = source();
    expect(fetches).toHaveLength(0);
    await keys.find(header('1'));
    now += 480;
    await keys.find(header('1'));
    expect(fetches).toEqual([{ url: 'https://as.test/jwks', redirect: 'manual' }]);
  });

  it('fetches ahead of need, while nobody waits, so that fresh keys never run out', async () => {
    const keys = source();
    await keys.find(header('1'));
    served = set(jwk(one.publicKey, { kid: '1' }), jwk(two.publicKey, { kid: '2' }));
    now += 481;
    await keys.find(header('1'));
    await settled();
    expect(fetches).toHaveLength(2);
    expect((await keys.find(header('2'))).equals(two.publicKey)).toBe(true);
    now += 481;
    await keys.find(header('2'));
    expect(fetches).toHaveLength(3);
  });

  it('shares one fetch among all who wait for it', async () => {
    const keys = source();
    await Promise.all(Array.from({ length: 20 }, () => keys.find(header('1'))));
    expect(fetches).toHaveLength(1);
  });

  it('finds the new key of an issuer at once, though it is started again several times', async () => {
    const keys = source();
    await keys.find(header('1'));
    for (const kid of ['2', '3', '4']) {
      served = set(jwk(two.publicKey, { kid }));
      expect((await keys.find(header(kid))).equals(two.publicKey)).toBe(true);
    }
    expect(fetches).toHaveLength(4);
  });

  it('looks for unknown kids three times, and after that once in thirty seconds', async () => {
    const keys = source();
    await keys.find(header('1'));
    for (const kid of ['a', 'b', 'c', 'd', 'e', 'f'])
      await expect(keys.find(header(kid))).rejects.toMatchObject(unknown);
    expect(fetches).toHaveLength(4);
    now += 29;
    await expect(keys.find(header('g'))).rejects.toMatchObject(unknown);
    expect(fetches).toHaveLength(4);
    now += 1;
    served = set(jwk(one.publicKey, { kid: '1' }), jwk(two.publicKey, { kid: '2' }));
    expect((await keys.find(header('2'))).equals(two.publicKey)).toBe(true);
    expect(fetches).toHaveLength(5);
  });

  it.each([
    ['as soon as it is told', 5, 5],
    ['never more than once in a second', 0, 1],
    ['never less than once in thirty seconds', 3600, 30],
  ])('looks for an unknown kid again after its rest: %s', async (_what, restAfterUnknownKeys, seconds) => {
    const keys = source({ restAfterUnknownKeys });
    await keys.find(header('1'));
    for (const kid of ['a', 'b', 'c', 'd']) await expect(keys.find(header(kid))).rejects.toMatchObject(unknown);
    expect(fetches).toHaveLength(4);
    now += seconds - 0.5;
    await expect(keys.find(header('e'))).rejects.toMatchObject(unknown);
    expect(fetches).toHaveLength(4);
    now += 0.5;
    for (const kid of ['f', 'g']) await expect(keys.find(header(kid))).rejects.toMatchObject(unknown);
    expect(fetches).toHaveLength(5);
  });

  it('forgets a key that the issuer has withdrawn, at the next good fetch', async () => {
    const keys = source();
    await keys.find(header('1'));
    served = set(jwk(two.publicKey, { kid: '2' }));
    now += 601;
    await expect(keys.find(header('1'))).rejects.toMatchObject(unknown);
  });

  const FAILURES: [string, unknown][] = [
    ['cannot be reached', new TypeError('fetch failed')],
    ['answers 500', new Response('{}', { status: 500 })],
    ['answers no JSON', new Response('<html>')],
    ['answers no keys', set()],
    ['answers null', null],
    ['answers keys we cannot use', set({ kty: 'oct', k: 'AAAA' })],
  ];

  it.each(FAILURES)('keeps the keys it has when the issuer %s', async (_what, failure) => {
    const keys = source();
    await keys.find(header('1'));
    served = failure;
    now += 601;
    expect((await keys.find(header('1'))).equals(one.publicKey)).toBe(true);
    await keys.find(header('1'));
    expect(fetches).toHaveLength(2);
  });

  it('believes the keys it has for a day of outage, and no longer', async () => {
    const keys = source();
    await keys.find(header('1'));
    served = new TypeError('fetch failed');
    now += 86_400;
    expect((await keys.find(header('1'))).equals(one.publicKey)).toBe(true);
    now += 1;
    await expect(keys.find(header('1'))).rejects.toMatchObject({ code: 'issuer_unavailable' });
  });

  it('asks an issuer that is down ever more rarely, every 15 s at most, and recovers with it', async () => {
    const keys = source();
    served = new TypeError('fetch failed');
    for (let ms = 0; ms < 120_000; ms += 10, now += 0.01) await keys.find(header('1')).catch(() => undefined);
    expect(fetches.length).toBeGreaterThan(10);
    expect(fetches.length).toBeLessThan(25);
    served = set(jwk(one.publicKey, { kid: '1' }));
    now += 15;
    expect((await keys.find(header('1'))).equals(one.publicKey)).toBe(true);
  });

  it('fetches once in 30 s for the same unknown kid, so that it cannot keep another from being looked for', async () => {
    const keys = source();
    await keys.find(header('1'));
    for (let seconds = 0; seconds < 120; seconds++, now++)
      await expect(keys.find(header('old'))).rejects.toMatchObject(unknown);
    expect(fetches).toHaveLength(5);
    served = set(jwk(two.publicKey, { kid: '2' }));
    expect((await keys.find(header('2'))).equals(two.publicKey)).toBe(true);
    served = set(jwk(one.publicKey, { kid: '3' }));
    expect((await keys.find(header('3'))).equals(one.publicKey)).toBe(true);
  });

  it.each<[string, unknown]>([
    ['more than 1 MB', JSON.stringify({ keys: [jwk(one.publicKey, { kid: '1' })], padding: 'x'.repeat(1_048_576) })],
    ['more than 1,000 keys', set(...Array.from({ length: 1_001 }, (_, i) => jwk(one.publicKey, { kid: `${i}` })))],
    ['a duplicate member', '{"keys":[],"keys":[]}'],
  ])('takes no key set with %s', async (_what, answer) => {
    served = answer;
    await expect(source().find(header('1'))).rejects.toMatchObject({ code: 'issuer_unavailable' });
  });

  it.each([
    [3600, 3600],
    [604_800, 604_800],
    [1, 600],
  ])(
    'believes the keys it has for %i seconds of outage if it is told so, but never for less than they are fresh: %i',
    async (maxKeyAge, believed) => {
      const keys = source({ maxKeyAge });
      await keys.find(header('1'));
      served = new Error('down');
      now += believed;
      expect((await keys.find(header('1'))).equals(one.publicKey)).toBe(true);
      now += 1;
      await expect(keys.find(header('1'))).rejects.toMatchObject({ code: 'issuer_unavailable' });
      served = set(jwk(two.publicKey, { kid: '2' }));
      now += 30;
      expect((await keys.find(header('2'))).equals(two.publicKey)).toBe(true);
    },
  );

  it('finds each of 1,000 keys, with the certificates beside them', async () => {
    const certified = { x5t: 'x'.repeat(27), x5c: ['x'.repeat(400)] };
    const keys = source();
    served = set(
      ...Array.from({ length: 999 }, (_, i) => jwk(two.publicKey, { kid: `${i + 2}`, ...certified })),
      jwk(one.publicKey, { kid: '1', ...certified }),
    );
    expect((await keys.find(header('1'))).equals(one.publicKey)).toBe(true);
    expect((await keys.find(header('500'))).equals(two.publicKey)).toBe(true);
  });

  it.each(FAILURES)(
    'says that the issuer is unavailable when it never had keys and the issuer %s',
    async (_what, failure) => {
      const keys = source();
      served = failure;
      await expect(keys.find(header('1'))).rejects.toMatchObject({ code: 'issuer_unavailable' });
      served = set(jwk(one.publicKey, { kid: '1' }));
      now += 1;
      expect((await keys.find(header('1'))).equals(one.publicKey)).toBe(true);
    },
  );

  it("knows which keys are the issuer's still", async () => {
    const keys = source();
    const key = await keys.find(header('1'));
    expect(keys.holds(key)).toBe(true);
    served = set(jwk(two.publicKey, { kid: '2' }));
    now += 601;
    await keys.find(header('2'));
    expect(keys.holds(key)).toBe(false);
  });
});
