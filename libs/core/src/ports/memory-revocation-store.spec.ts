import { jest } from '@jest/globals';
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

  it('keeps a revocation for two days, twice as long as a token may live', async () => {
    const store = new MemoryRevocationStore(1);
    await store.add({ issuer: ISSUER, sub: 'alice' }, NOW);
    expect(store.isRevoked(alice(NOW), NOW + 2 * DAY - 1)).toBe(true);
    expect(store.isRevoked(alice(NOW), NOW + 2 * DAY)).toBe(false);
    // There is room for another one then.
    await store.add({ issuer: ISSUER, sub: 'bob' }, NOW + 2 * DAY);
    expect(store.isRevoked({ ...alice(NOW), sub: 'carol' }, NOW + 2 * DAY)).toBe(false);
  });

  it('keeps a revocation for twice the life of a token that may live for a week', async () => {
    const store = new MemoryRevocationStore(undefined, 7 * DAY);
    await store.add({ issuer: ISSUER, sub: 'alice' }, NOW);
    expect(store.isRevoked(alice(NOW), NOW + 14 * DAY - 1)).toBe(true);
    expect(store.isRevoked(alice(NOW), NOW + 14 * DAY)).toBe(false);
  });

  const session = (i: number) => ({ issuer: ISSUER, sub: 'alice', sid: `session-${i}` });

  it('takes the same revocation ten thousand times as one, and then still one of somebody else', async () => {
    const store = new MemoryRevocationStore(2);
    for (let i = 0; i < 10_000; i++) await store.add({ issuer: ISSUER, sub: 'alice' }, NOW);
    await store.add({ issuer: ISSUER, sub: 'bob' }, NOW);
    expect(store.isRevoked({ ...alice(NOW), sub: 'bob' }, NOW)).toBe(true);
    expect(store.isRevoked({ ...alice(NOW), sub: 'carol' }, NOW)).toBe(false);
  });

  it('revokes a whole user in place of the sessions of that user when it is full, and nobody else', async () => {
    const store = new MemoryRevocationStore(10);
    await store.add({ issuer: ISSUER, sub: 'bob' }, NOW);
    for (let i = 0; i < 50; i++) await store.add(session(i), NOW);
    for (let i = 0; i < 50; i++) expect(store.isRevoked({ ...alice(NOW), ...session(i) }, NOW)).toBe(true);
    expect(store.isRevoked(alice(NOW - 1), NOW)).toBe(true);
    expect(store.isRevoked({ ...alice(NOW), sub: 'carol' }, NOW)).toBe(false);
    // A new login of the user is not.
    expect(store.isRevoked(alice(NOW + 2), NOW + 2)).toBe(false);
  });

  it('revokes the whole issuer, and no other one, when it is full of users: it drops none before its time', async () => {
    const store = new MemoryRevocationStore(2);
    const others = ['bob', 'carol', 'dave'];
    for (const sub of ['alice', ...others]) await store.add({ issuer: ISSUER, sub }, NOW);
    for (const sub of ['alice', ...others, 'erin']) expect(store.isRevoked({ ...alice(NOW), sub }, NOW)).toBe(true);
    expect(store.isRevoked({ ...alice(NOW), issuer: 'https://other.test' }, NOW)).toBe(false);
  });

  it('does as much work for a request with ten thousand revocations as with one', async () => {
    const store = new MemoryRevocationStore();
    for (let i = 0; i < 9_999; i++) await store.add(session(i), NOW);
    const get = jest.spyOn(Map.prototype, 'get');
    store.isRevoked({ ...alice(NOW), sid: 'session-none' }, NOW);
    expect(get.mock.calls.length).toBeLessThan(10);
    get.mockRestore();
  });
});
