import { revocationStoreConformance } from './conformance/revocation-store.conformance.js';
import { MemoryRevocationStore } from './memory-revocation-store.js';

const ISSUER = 'https://as.test';
const NOW = 1_800_000_000;
const DAY = 86_400;
const alice = (issuedAt: number) => ({
  issuer: ISSUER,
  sub: 'alice',
  client_id: 'desk',
  agent: { issuer: ISSUER, id: 'agent-desk' },
  issuedAt,
});

describe('MemoryRevocationStore', () => {
  const create = async () => {
    const store = new MemoryRevocationStore();
    return { one: store, other: store };
  };
  it.each(revocationStoreConformance(create))('conforms: $name', ({ run }) => run());

  it('keeps a revocation for two days, twice as long as a token may live, and makes room after that', async () => {
    const store = new MemoryRevocationStore(1);
    await store.add({ issuer: ISSUER, sub: 'alice' }, NOW);
    await expect(store.add({ issuer: ISSUER, sub: 'bob' }, NOW + 2 * DAY - 1)).rejects.toMatchObject({
      code: 'revocation_refused',
    });
    expect(await store.isRevoked(alice(NOW), NOW + 2 * DAY - 1)).toBe(true);
    await store.add({ issuer: ISSUER, sub: 'bob' }, NOW + 2 * DAY);
    expect(await store.isRevoked(alice(NOW), NOW + 2 * DAY)).toBe(false);
  });

  it('drops none before its time when it is full', async () => {
    const store = new MemoryRevocationStore(2);
    for (const sub of ['alice', 'bob']) await store.add({ issuer: ISSUER, sub }, NOW);
    for (let i = 0; i < 10; i++) await expect(store.add({ issuer: ISSUER, sub: `user-${i}` }, NOW)).rejects.toThrow();
    expect(await store.isRevoked(alice(NOW - 1), NOW)).toBe(true);
  });
});
