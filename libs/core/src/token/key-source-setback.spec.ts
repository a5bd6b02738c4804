import { remoteKeys } from './key-source.js';
import { newKeyPair } from '../key-pair.js';

const { publicKey } = newKeyPair();
const header = { alg: 'ES256', kid: '1' };

describe('remoteKeys on a clock that is set back', () => {
  let now: number;
  let fetches: number;
  let isDown: boolean;
  const source = () =>
    remoteKeys('https://as.test/jwks', {
      clock: () => now * 1000,
      random: () => 0.5,
      fetch: async () => {
        fetches++;
        if (isDown) throw new TypeError('fetch failed');
        return Response.json({ keys: [{ ...publicKey.export({ format: 'jwk' }), kid: '1' }] });
      },
    });
  const settled = () => new Promise(resolve => setImmediate(resolve));

  beforeEach(() => {
    now = 1_000_000;
    fetches = 0;
    isDown = false;
  });

  it('fetches once for each time, and has the keys meanwhile', async () => {
    const keys = source();
    await keys.find(header);
    for (const [back, expected] of [
      [3600, 2],
      [1, 3],
      [0, 3],
    ] as const) {
      now -= back;
      for (let i = 0; i < 3; i++) {
        expect((await keys.find(header)).equals(publicKey)).toBe(true);
        await settled();
      }
      expect(fetches).toBe(expected);
    }
  });

  it('asks an issuer that is down no more than before', async () => {
    const keys = source();
    await keys.find(header);
    isDown = true;
    now -= 3600;
    for (let i = 0; i < 100; i++) {
      await keys.find(header);
      await settled();
    }
    expect(fetches).toBe(2);
  });

  it.each([
    [481, 3600],
    [7200, 600],
  ])('asks an issuer that was down %s s after the keys came at once when set back by %s s', async (ahead, back) => {
    const keys = source();
    await keys.find(header);
    isDown = true;
    now += ahead;
    await keys.find(header);
    await settled();
    isDown = false;
    now -= back;
    await keys.find(header);
    await settled();
    expect(fetches).toBe(3);
    for (let i = 0; i < 3; i++)
      await expect(keys.find({ alg: 'ES256', kid: 'unknown' })).rejects.toMatchObject({ code: 'key_unknown' });
    expect(fetches).toBe(4);
  });

  it('does not begin anew the day for which keys of an outage are believed', async () => {
    const keys = source();
    await keys.find(header);
    isDown = true;
    now += 86_400;
    expect((await keys.find(header)).equals(publicKey)).toBe(true);
    now -= 5;
    expect((await keys.find(header)).equals(publicKey)).toBe(true);
    now += 6;
    await expect(keys.find(header)).rejects.toMatchObject({ code: 'issuer_unavailable' });
  });
});
