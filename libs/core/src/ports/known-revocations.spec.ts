import { KnownRevocations } from './known-revocations.js';

const NOW = 1_800_000_000;
const identity = (issuer: string, sub: string) => ({
  issuer,
  sub,
  client_id: 'desk',
  agent: { issuer, id: 'agent' },
  issuedAt: NOW,
});

describe('known revocations', () => {
  it('of more issuers than there is room for are all kept: there is nothing wider', () => {
    const known = new KnownRevocations(10, 100);
    for (let i = 0; i < 50; i++) known.keep({ issuer: `https://${i}.test` }, NOW, NOW);
    for (let i = 0; i < 50; i++) expect(known.names(identity(`https://${i}.test`, 'alice'), NOW)).toBe(true);
    for (let i = 0; i < 50; i++) known.keep({ issuer: 'https://0.test', sub: `user ${i}` }, NOW + 1, NOW);
    expect(known.live(NOW).length).toBeLessThan(60);
    expect(known.names(identity('https://50.test', 'alice'), NOW)).toBe(false);
  });

  it('of 100,000 sessions of 50,000 users cost no search for each of them, and each still counts', () => {
    const known = new KnownRevocations(10_000, 100);
    for (let i = 0; i < 100_000; i++)
      known.keep({ issuer: 'https://as.test', sub: `user ${i >> 1}`, sid: `${i}` }, NOW, NOW);
    expect(known.live(NOW).length).toBeLessThanOrEqual(10_000);
    for (let i = 0; i < 100_000; i += 997)
      expect(known.names({ ...identity('https://as.test', `user ${i >> 1}`), sid: `${i}` }, NOW)).toBe(true);
  });

  it('of an issuer that fills them are put together, and never those of another one', () => {
    const told: unknown[] = [];
    const known = new KnownRevocations(20, 100, (wide, count) => void told.push([wide, count]));
    for (const sid of ['one', 'two']) known.keep({ issuer: 'https://other.test', sub: 'bob', sid }, NOW, NOW);
    for (let i = 0; i < 100; i++) known.keep({ issuer: 'https://full.test', sub: `user ${i}` }, NOW, NOW);
    const bob = identity('https://other.test', 'bob');
    expect(['one', 'two', 'three'].map(sid => known.names({ ...bob, sid }, NOW))).toEqual([true, true, false]);
    expect(known.names(identity('https://full.test', 'user 99'), NOW)).toBe(true);
    expect(told).toEqual([[{ issuer: 'https://full.test' }, 19]]);
  });

  it('of the same identity count from the later one, whichever comes first', () => {
    const known = new KnownRevocations(10, 100);
    expect(known.keep({ issuer: 'https://as.test', sub: 'alice' }, NOW, NOW)).toBe(true);
    expect(known.keep({ sub: 'alice', issuer: 'https://as.test' }, NOW - 50, NOW)).toBe(false);
    expect(known.names(identity('https://as.test', 'alice'), NOW)).toBe(true);
  });
});
