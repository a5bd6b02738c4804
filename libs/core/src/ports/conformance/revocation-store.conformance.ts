import { deepEqual, equal } from 'node:assert/strict';
import { type RevocableIdentity, type RevocationStore, type RevokedIdentity } from '../revocation-store.js';
import {
  type ConformanceCase,
  type Connections,
  eventually,
  now,
  pause,
  plain,
  withStore,
} from './conformance-case.js';

const ISSUER = 'https://login.example';
const DAY = 86_400;

const identity = (issuedAt: number, changes: Partial<RevocableIdentity> = {}): RevocableIdentity => ({
  issuer: ISSUER,
  sub: 'alice',
  tenant: 'acme',
  client_id: 'assistant',
  sid: 'session-1',
  agent: { issuer: ISSUER, id: 'agent-1' },
  issuedAt,
  ...changes,
});

const without = (field: 'tenant' | 'sid'): Partial<RevocableIdentity> => ({ [field]: undefined });

/** What may be revoked, and who is the same but for that. */
const REVOCATIONS: readonly [what: string, revoked: RevokedIdentity, others: Partial<RevocableIdentity>[]][] = [
  ['an issuer', { issuer: ISSUER }, [{ issuer: 'https://other.example' }]],
  ['a user', { issuer: ISSUER, sub: 'alice' }, [{ sub: 'bob' }, { issuer: 'https://other.example' }]],
  ['a tenant', { issuer: ISSUER, tenant: 'acme' }, [{ tenant: 'globex' }, without('tenant')]],
  ['a client', { issuer: ISSUER, client_id: 'assistant' }, [{ client_id: 'desk' }]],
  ['a session', { issuer: ISSUER, sub: 'alice', sid: 'session-1' }, [{ sid: 'session-2' }, without('sid')]],
  [
    'an agent',
    { issuer: ISSUER, agent: { issuer: ISSUER, id: 'agent-1' } },
    [{ agent: { issuer: ISSUER, id: 'agent-2' } }, { agent: { issuer: 'https://other.example', id: 'agent-1' } }],
  ],
  [
    'a user through an agent',
    { issuer: ISSUER, sub: 'alice', agent: { issuer: ISSUER, id: 'agent-1' } },
    [{ sub: 'bob' }],
  ],
];

/**
 * What every {@link RevocationStore} must do. Run each case in your own test runner.
 *
 * @param create two connections to one empty store
 * @example for (const { name, run } of revocationStoreConformance(create)) it(name, run);
 */
export function revocationStoreConformance(create: () => Promise<Connections<RevocationStore>>): ConformanceCase[] {
  const test = withStore(create);
  return [
    test('nobody is revoked at first', async ({ one }) => {
      equal(await one.isRevoked(identity(now()), now()), false);
    }),
    ...REVOCATIONS.map(([what, revoked, others]) =>
      test(`${what} is revoked, and nobody else`, async ({ one }) => {
        const time = now();
        await one.add(revoked, time);
        equal(await one.isRevoked(identity(time - 10), time), true);
        for (const changes of others) equal(await one.isRevoked(identity(time - 10, changes), time), false);
      }),
    ),
    test('a revocation counts where it was added at once, and at every other connection within a second', async ({
      one,
      other,
    }) => {
      const time = now();
      equal(await other.isRevoked(identity(time - 10), time), false);
      await one.add({ issuer: ISSUER, sub: 'alice' }, time);
      equal(await one.isRevoked(identity(time - 10), time), true);
      let isRevoked = false;
      for (const end = Date.now() + 1_000; !isRevoked && Date.now() < end; await pause(5))
        isRevoked = await other.isRevoked(identity(time - 10), time);
      equal(isRevoked, true);
    }),
    test('what is issued in the same second is revoked, and what is issued later is not', async ({ one }) => {
      const time = now();
      await one.add({ issuer: ISSUER, sub: 'alice' }, time);
      equal(await one.isRevoked(identity(time), time), true);
      equal(await one.isRevoked(identity(time + 2), time + 2), false);
    }),
    test('a revocation counts for a day', async ({ one }) => {
      const time = now();
      await one.add({ issuer: ISSUER, sub: 'alice' }, time);
      await one.add({ issuer: ISSUER, sub: 'bob' }, time + DAY);
      equal(await one.isRevoked(identity(time - 10), time + DAY), true);
    }),
    test('a revocation on a clock that was set back counts for what was seen before', async ({ one }) => {
      const time = now();
      equal(await one.isRevoked(identity(time), time), false);
      await one.add({ issuer: ISSUER, sub: 'alice' }, time - 100);
      equal(await one.isRevoked(identity(time), time - 100), true);
    }),
    test('several revocations of one user all count, and the same one twice is one', async ({ one }) => {
      const time = now();
      for (const sid of ['session-1', 'session-1', 'session-2'])
        await one.add({ issuer: ISSUER, sub: 'alice', sid }, time);
      for (const [sid, expected] of [
        ['session-1', true],
        ['session-2', true],
        ['session-3', false],
      ] as const)
        equal(await one.isRevoked(identity(time - 10, { sid }), time), expected);
    }),
    test('a subscriber hears of every revocation, whichever connection adds it', async ({ one, other }) => {
      const heard: RevokedIdentity[] = [];
      await one.subscribe(revoked => void heard.push(revoked));
      const added: RevokedIdentity[] = [
        { issuer: ISSUER, sub: 'alice' },
        { issuer: ISSUER, sub: 'bob', tenant: 'acme', client_id: 'c', sid: 's', agent: { issuer: ISSUER, id: 'a' } },
      ];
      await one.add(added[0]!, now());
      await other.add(added[1]!, now());
      await eventually('both revocations are heard of', () => heard.length >= 2);
      deepEqual(plain(heard), added);
    }),
    test('who has unsubscribed hears no more, and others still do', async ({ one, other }) => {
      const heard = { first: 0, second: 0 };
      const unsubscribe = await one.subscribe(() => void heard.first++);
      await one.subscribe(() => void heard.second++);
      await unsubscribe();
      await other.add({ issuer: ISSUER, sub: 'alice' }, now());
      await eventually('the other subscriber hears of it', () => heard.second === 1);
      await pause(50);
      equal(heard.first, 0);
    }),
  ];
}
