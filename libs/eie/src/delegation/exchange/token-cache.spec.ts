import { EieError } from 'execution-identity';
import { type CacheKey } from './cache-key.js';
import { type DelegatedToken } from './returned-token.js';
import { TokenCache, type TokenSource } from './token-cache.js';

const owner = {
  issuer: 'https://as.test',
  sub: 'alice',
  client_id: 'desk-copilot',
  tenant: 'acme',
  agent: { issuer: 'https://as.test', id: 'agent-desk' },
  issuedAt: 1000,
};
const alices: CacheKey = { id: 'alice', owner };
const bobs: CacheKey = { id: 'bob', owner: { ...owner, sub: 'bob' } };
const servers: CacheKey = { id: 'server' };

let now: number;
let cache: TokenCache;
/** How often a token was asked for. */
let asked: number;
beforeEach(() => {
  now = 1000;
  asked = 0;
  cache = new TokenCache(() => now);
});

const token = (expiresAt = 9000): DelegatedToken => ({ token: `token-${++asked}`, effective: 'delegation', expiresAt });
/** A token that passes its checks, and then is what `obtain` says. */
function source(obtain: () => Promise<DelegatedToken>, notAfter = Infinity): TokenSource {
  let obtained: DelegatedToken;
  return {
    notAfter,
    ask: async () => ({ token: (obtained = await obtain()).token }),
    prove: () => obtained,
  };
}
const get = async (key: CacheKey, notAfter = Infinity, expiresAt?: number) =>
  (
    await cache.get(
      key,
      source(async () => token(expiresAt), notAfter),
    )
  ).token;

describe('TokenCache', () => {
  it('gives no token past the expiry of what it was made from', async () => {
    await get(alices, 1100);
    now = 1099;
    expect(await get(alices, 1100)).toBe('token-1');
    now = 1100;
    expect(await get(alices, 1100)).toBe('token-2');
  });

  it('keeps no token that ends within ten seconds or says no end, though its caller gets it', async () => {
    for (const expiresAt of [1010, 0]) expect(await get(alices, Infinity, expiresAt)).toBe(`token-${asked}`);
    expect(asked).toBe(2);
  });

  it('forgets the tokens of whoever was revoked, and no other', async () => {
    for (const key of [alices, bobs, servers]) await get(key);
    cache.forget({ issuer: owner.issuer, sub: 'alice' });
    expect([await get(alices), await get(bobs), await get(servers)]).toEqual(['token-4', 'token-2', 'token-3']);
  });

  it.each([
    [{}, true],
    [{ tenant: 'acme' }, true],
    [{ client_id: 'desk-copilot' }, true],
    [{ sub: 'alice', tenant: 'acme' }, true],
    [{ tenant: 'globex' }, false],
    [{ client_id: 'assistant' }, false],
    [{ sub: 'alice', tenant: 'globex' }, false],
    [{ sid: 's' }, false],
  ])('with a revocation of %j forgets a token of alice: %s', async (revoked, isForgotten) => {
    await get(alices);
    cache.forget({ issuer: owner.issuer, ...revoked });
    expect(await get(alices)).toBe(isForgotten ? 'token-2' : 'token-1');
  });

  it('does not keep what was under way at a revocation, and nobody joins it', async () => {
    let arrive = (_token: DelegatedToken): void => {};
    const before = cache.get(
      alices,
      source(() => new Promise(resolve => (arrive = resolve))),
    );
    cache.forget({ issuer: owner.issuer, sub: 'alice' });
    const after = get(alices);
    arrive({ token: 'from-before', effective: 'delegation', expiresAt: 9000 });
    expect([(await before).token, await after, await get(alices)]).toEqual(['from-before', 'token-1', 'token-1']);
  });

  it('drops a refused token once: not the one that has replaced it meanwhile', async () => {
    const refused = await cache.get(
      alices,
      source(async () => token()),
    );
    cache.drop(refused);
    expect(await get(alices)).toBe('token-2');
    cache.drop(refused);
    expect(await get(alices)).toBe('token-2');
  });

  it('repeats a denial for ten seconds, and no other failure at all', async () => {
    const failing = (code: 'delegation_denied' | 'delegation_unavailable') =>
      cache.get(
        alices,
        source(() => Promise.reject(new EieError(code))),
      );
    await expect(failing('delegation_unavailable')).rejects.toMatchObject({ code: 'delegation_unavailable' });
    expect(await get(alices, 1001)).toBe('token-1');
    now = 1001;
    await expect(failing('delegation_denied')).rejects.toMatchObject({ code: 'delegation_denied' });
    now = 1010;
    await expect(get(alices)).rejects.toMatchObject({ code: 'delegation_denied' });
    now = 1011;
    expect(await get(alices)).toBe('token-2');
  });

  it('keeps neither a token nor a denial longer on a clock that is set back', async () => {
    await get(alices);
    await cache
      .get(
        bobs,
        source(() => Promise.reject(new EieError('delegation_denied'))),
      )
      .catch(() => undefined);
    now -= 500;
    expect([await get(alices), await get(bobs)]).toEqual(['token-2', 'token-3']);
  });

  it('holds the tokens of ten thousand callers, and then forgets the one that was not used for longest', async () => {
    const key = (i: number): CacheKey => ({ id: `user-${i}`, owner });
    for (let i = 0; i <= 10_000; i++) await get(key(i));
    await get(key(10_000));
    expect(asked).toBe(10_001);
    await get(key(0));
    expect(asked).toBe(10_002);
  });
});
