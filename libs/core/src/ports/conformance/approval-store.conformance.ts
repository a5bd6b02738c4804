import { deepEqual, equal, ok } from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { type ApprovalDecision, type ApprovalStore, type RequestedApproval } from '../approval-store.js';
import { type ConformanceCase, type Connections, now, plain, withStore } from './conformance-case.js';

const ISSUER = 'https://login.example';

function asked(time: number, changes: Partial<RequestedApproval> = {}): RequestedApproval {
  const id = randomUUID();
  return {
    id,
    binding: `call ${id}`,
    by: 'another',
    requester: {
      issuer: ISSUER,
      sub: 'alice',
      tenant: 'acme',
      client_id: 'desk',
      agents: [{ issuer: ISSUER, sub: 'agent' }],
    },
    server: 'https://mcp.shop.test/mcp',
    handler: 'refund',
    reason: 'Money leaves the shop.',
    shown: [{ field: 'amount', value: '12.5' }],
    requestedAt: time,
    expiresAt: time + 60,
    ...changes,
  };
}

const decided = (time: number, approved = true): ApprovalDecision => ({
  approved,
  issuer: ISSUER,
  sub: 'carol',
  at: time,
});

async function keep(store: ApprovalStore, approval: RequestedApproval, time: number): Promise<RequestedApproval> {
  const kept = await store.request(approval, time);
  ok(kept !== 'full');
  return kept;
}

async function approved(store: ApprovalStore, time: number): Promise<RequestedApproval> {
  const approval = asked(time);
  await store.request(approval, time);
  equal(await store.decide(approval.id, decided(time), time), true);
  return approval;
}

/**
 * What every {@link ApprovalStore} must do. Run each case in your own test runner.
 *
 * @param create two connections to one empty store
 * @example for (const { name, run } of approvalStoreConformance(create)) it(name, run);
 */
export function approvalStoreConformance(create: () => Promise<Connections<ApprovalStore>>): ConformanceCase[] {
  const test = withStore(create);
  return [
    test('an approval is found at every connection, as it was asked for', async ({ one, other }) => {
      const time = now();
      const approval = asked(time);
      deepEqual(plain(await one.request(approval, time)), plain(approval));
      for (const store of [one, other]) deepEqual(plain(await store.find(approval.id, time)), plain(approval));
      equal(await one.find(randomUUID(), time), undefined);
    }),
    test('of one binding there is one approval, whoever asks and whatever was decided', async ({ one, other }) => {
      const time = now();
      const first = asked(time);
      const again = (): RequestedApproval => asked(time, { binding: first.binding });
      await one.request(first, time);
      equal((await keep(other, again(), time)).id, first.id);
      await one.decide(first.id, decided(time, false), time);
      equal((await keep(other, again(), time)).decision?.approved, false);
    }),
    test('of thirty questions about one call at the same time there is one approval', async ({ one, other }) => {
      const time = now();
      const calls = Array.from({ length: 30 }, (_, i) =>
        keep(i % 2 ? one : other, asked(time, { binding: 'call' }), time),
      );
      equal(new Set((await Promise.all(calls)).map(({ id }) => id)).size, 1);
    }),
    test('those of one issuer and tenant wait until they are decided, the oldest first', async ({ one, other }) => {
      const time = now();
      const { requester } = asked(time);
      const { tenant: _tenant, ...nowhere } = requester;
      const [first, second] = [asked(time), asked(time)];
      const others = [{ ...requester, tenant: 'globex' }, { ...requester, issuer: `${ISSUER}/` }, nowhere].map(one =>
        asked(time, { requester: one }),
      );
      for (const approval of [first, ...others, second]) await one.request(approval, time);
      const ids = async (tenant?: string): Promise<string[]> =>
        (await other.pending(ISSUER, tenant, time)).map(({ id }) => id);
      deepEqual(await ids('acme'), [first.id, second.id]);
      deepEqual(await ids(), [others[2]!.id]);
      await one.decide(first.id, decided(time), time);
      deepEqual(await ids('acme'), [second.id]);
    }),
    test('a decision counts once, and the first one stands', async ({ one, other }) => {
      const time = now();
      const approval = asked(time);
      await one.request(approval, time);
      const decisions = Array.from({ length: 20 }, (_, i) =>
        (i % 2 ? one : other).decide(approval.id, decided(time, i > 9), time),
      );
      const counted = (await Promise.all(decisions)).flatMap((isCounted, i) => (isCounted ? [i] : []));
      equal(counted.length, 1);
      equal((await one.find(approval.id, time))?.decision?.approved, counted[0]! > 9);
      equal(await one.decide(randomUUID(), decided(time), time), false);
    }),
    test('an approval is consumed once, and is nothing after that', async ({ one, other }) => {
      const time = now();
      const { id, binding } = await approved(one, time);
      deepEqual(plain((await other.consume(id, binding, time))?.decision), decided(time));
      for (const store of [one, other]) equal(await store.consume(id, binding, time), undefined);
      equal(await one.find(id, time), undefined);
      equal(await one.decide(id, decided(time), time), false);
      const next = asked(time, { binding });
      equal((await keep(one, next, time)).id, next.id);
    }),
    test('of thirty consumers at the same time exactly one gets it', async ({ one, other }) => {
      const time = now();
      const { id, binding } = await approved(one, time);
      const calls = Array.from({ length: 30 }, (_, i) => (i % 2 ? one : other).consume(id, binding, time));
      equal((await Promise.all(calls)).filter(kept => kept !== undefined).length, 1);
    }),
    test('what is undecided, denied or of another binding is not consumed, and stays', async ({ one }) => {
      const time = now();
      const [undecided, denied, foreign] = [asked(time), asked(time), await approved(one, time)];
      for (const approval of [undecided, denied]) await one.request(approval, time);
      await one.decide(denied.id, decided(time, false), time);
      for (const { id, binding } of [undecided, denied]) equal(await one.consume(id, binding, time), undefined);
      for (const binding of [undecided.binding, '', `${foreign.binding} `])
        equal(await one.consume(foreign.id, binding, time), undefined);
      equal(await one.decide(undecided.id, decided(time), time), true);
      for (const { id, binding } of [undecided, foreign]) equal((await one.consume(id, binding, time))?.id, id);
    }),
    test('an approval ends in the second in which it expires, decided or not', async ({ one }) => {
      const time = now();
      const [late, latest, open] = [await approved(one, time), await approved(one, time), asked(time)];
      await one.request(open, time);
      equal((await one.consume(late.id, late.binding, time + 59))?.id, late.id);
      equal(await one.consume(latest.id, latest.binding, time + 60), undefined);
      equal(await one.decide(open.id, decided(time), time + 60), false);
      equal(await one.find(open.id, time + 60), undefined);
      deepEqual(await one.pending(ISSUER, 'acme', time + 60), []);
      const next = asked(time + 60, { binding: open.binding, expiresAt: time + 120 });
      equal((await keep(one, next, time + 60)).id, next.id);
    }),
  ];
}
