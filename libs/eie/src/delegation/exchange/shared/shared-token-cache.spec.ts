import { MemoryDelegatedTokenStore } from 'execution-identity';
import { type CacheKey } from '../cache-key.js';
import { TokenCache, type TokenSource } from '../token-cache.js';
import { SharedTokens } from './shared-tokens.js';

const owner = {
  issuer: 'https://as.test',
  sub: 'alice',
  client_id: 'desk-copilot',
  agent: { issuer: 'https://as.test', id: 'agent-desk' },
  issuedAt: 1000,
};
const alices: CacheKey = { id: 'alice', owner };

describe('TokenCache, of a server whose instances share tokens,', () => {
  let now: number;
  let store: MemoryDelegatedTokenStore;
  /** How often a token was asked for. */
  let asked: number;
  beforeEach(() => {
    [now, store, asked] = [1000, new MemoryDelegatedTokenStore(), 0];
  });

  const shared = () =>
    new SharedTokens({
      store,
      secrets: ['s'.repeat(32)],
      server: 'https://mcp.shop.test',
      diagnostics: { report: () => undefined },
      now: () => now,
      revocation: { isRevoked: () => false },
      onOpened: () => undefined,
    });
  const source: TokenSource = {
    notAfter: Infinity,
    ask: async () => ({ token: `token-${++asked}`, expiresIn: 8000 }),
    prove: ({ token, expiresIn }) => ({ token, effective: 'delegation', expiresAt: now + expiresIn! }),
  };
  const kept = (obtainedAt: number) =>
    shared().keep('alice', { token: 'of-another', obtainedAt, expiresAt: 9000 }, 2000);
  const get = async (cache: TokenCache) => (await cache.get(alices, source)).token;

  it('uses no token that it looks for while its user is revoked, and keeps none', async () => {
    kept(1000);
    let arrive = (): void => {};
    const arrived = new Promise<void>(resolve => (arrive = resolve));
    const { get: found } = store;
    store.get = async (place, time) => (await arrived, found.call(store, place, time));
    const cache = new TokenCache(() => now, shared());
    const before = get(cache);
    cache.forget({ issuer: owner.issuer, sub: 'alice' });
    arrive();
    expect(await before).toBe('token-1');
    // It is still the one of the other instance that is in the store.
    expect(await get(new TokenCache(() => now, shared()))).toBe('of-another');
  });
});
