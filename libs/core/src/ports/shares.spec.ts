import fc from 'fast-check';
import { type ShareHolder, Shares } from './shares.js';

const takeAll = (shares: Shares, holder: ShareHolder, most = Infinity): number => {
  let taken = 0;
  while (taken < most && shares.lease(holder)) taken++;
  return taken;
};

describe('shares of a bounded total', () => {
  it('leave another client, another user and another tenant room, when somebody takes all that they can get', () => {
    const shares = new Shares(10_000);
    expect(takeAll(shares, ['acme', 'alice', 'desk'])).toBe(251);
    expect(takeAll(shares, ['acme', 'alice', 'phone'])).toBeGreaterThan(150);
    expect(takeAll(shares, ['acme', 'bob', 'desk'])).toBeGreaterThan(150);
    expect(takeAll(shares, ['globex', 'alice', 'desk'])).toBeGreaterThan(150);
  });

  it('are no larger for a user who multiplies clients, or for a tenant that multiplies users', () => {
    const clients = new Shares(10_000);
    let taken = 0;
    for (let i = 0; i < 20_000; i++) taken += takeAll(clients, ['acme', 'alice', `client ${i}`], 1);
    expect(taken).toBe(1_001);
    expect(takeAll(clients, ['acme', 'bob', 'desk'])).toBeGreaterThan(150);
    const users = new Shares(10_000);
    for (let i = 0; i < 20_000; i++) takeAll(users, ['acme', `user ${i}`, 'desk'], 1);
    expect(takeAll(users, ['globex', 'bob', 'desk'])).toBeGreaterThan(40);
  });

  it.each([
    [26_000, 1],
    [26_000, 100],
    [40_000, 1],
    [600_000, 10],
  ])('of %i leave room for one more, when 10,000 users of %i tenants have taken all they can', (total, tenants) => {
    const shares = new Shares(total);
    for (let i = 0; i < 10_000; i++) takeAll(shares, [`tenant ${i % tenants}`, `user ${i}`, 'desk']);
    expect(takeAll(shares, ['tenant of its own', 'carol', 'desk'])).toBeGreaterThan(0);
    expect(takeAll(shares, ['tenant 0', 'carol', 'desk'])).toBeGreaterThan(0);
  });

  it('go to as many users as the total has room for, when each wants one', () => {
    const shares = new Shares(1_000);
    let taken = 0;
    for (let i = 0; i < 1_000; i++) taken += takeAll(shares, [`tenant ${i % 10}`, `user ${i}`, 'desk'], 1);
    expect(taken).toBeGreaterThan(950);
  });

  it('are given back once, however often a lease is ended, and then others may take them', () => {
    const shares = new Shares(2);
    const [one, other] = [shares.lease([]), shares.lease([])];
    one!();
    one!();
    expect(takeAll(shares, [])).toBe(1);
    other!();
    expect(takeAll(shares, [])).toBe(1);
  });

  it('stay counted for who still holds them, while thousands of others come and go', () => {
    const shares = new Shares(10_000);
    expect(takeAll(shares, ['acme', 'alice', 'desk'])).toBe(251);
    for (let i = 0; i < 30_000; i++) shares.lease([`tenant ${i % 7}`, `user ${i}`, 'desk'])!();
    expect(shares.lease(['acme', 'alice', 'desk'])).toBeUndefined();
    expect(takeAll(shares, ['acme', 'alice', 'phone'])).toBeGreaterThan(150);
  });

  it('never add up to more than the total, and are all there again when all are given back', () => {
    const part = (name: string) => fc.integer({ min: 0, max: 5 }).map(i => `${name} ${i}`);
    const holders = fc.tuple(part('tenant'), part('user'), part('client'));
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.boolean(), holders), { maxLength: 400 }), steps => {
        const shares = new Shares(60);
        const leases: (() => void)[] = [];
        for (const [takes, holder] of steps) {
          const lease = takes ? shares.lease(holder) : void leases.shift()?.();
          if (lease) leases.push(lease);
          expect(leases.length).toBeLessThanOrEqual(60);
        }
        for (const give of leases) give();
        expect(takeAll(shares, [])).toBe(60);
      }),
    );
  });
});
