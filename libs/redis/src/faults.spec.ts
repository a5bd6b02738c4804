import { randomUUID } from 'node:crypto';
import { jest } from '@jest/globals';
import { createClient, createCluster, createSentinel } from 'redis';
import { type RequestedApproval, type RevocableIdentity } from 'execution-identity';
import { type Client, describeWithRedis, RedisServer } from '../test/redis-server.js';
import { type RedisStoreClient } from './redis-client.js';
import { RedisReplayStore } from './redis-replay-store.js';
import { RedisRevocationStore } from './redis-revocation-store.js';
import { RedisStoreError } from './redis-store-error.js';
import { type RedisStores, redisStores } from './redis-stores.js';

const ISSUER = 'https://login.example';
const YES = { approved: true, issuer: ISSUER, sub: 'carol', at: 1 };
const now = (): number => Math.floor(Date.now() / 1000);
const identity = (changes: Partial<RevocableIdentity> = {}): RevocableIdentity => ({
  issuer: ISSUER,
  sub: 'alice',
  client_id: 'desk',
  agent: { issuer: ISSUER, id: 'agent' },
  issuedAt: now() - 10,
  ...changes,
});
const asked = (id: string = randomUUID(), sub = 'alice'): RequestedApproval => ({
  id,
  binding: `call ${id}`,
  by: 'client',
  requester: { issuer: ISSUER, sub, client_id: 'desk', agents: [] },
  server: 'https://mcp.shop.test/mcp',
  handler: 'refund',
  reason: 'Money leaves the shop.',
  shown: [{ field: 'amount', value: 'secret-amount' }],
  requestedAt: now(),
  expiresAt: now() + 60,
});
const until = async (isSo: () => boolean | Promise<boolean>): Promise<void> => {
  for (const end = Date.now() + 20_000; !(await isSo());) {
    if (Date.now() > end) throw new Error('It did not come to be.');
    await new Promise(resolve => setTimeout(resolve, 20));
  }
};
const revoked = async (store: RedisRevocationStore, who = identity()): Promise<unknown> => {
  try {
    return await store.isRevoked(who, now());
  } catch {
    return 'refused';
  }
};

describeWithRedis('the stores in Redis refuse, or keep to their bound,', () => {
  let server: RedisServer;
  let client: Client;
  let stores: RedisStores;
  const opened: RedisRevocationStore[] = [];
  const open = (options: Partial<ConstructorParameters<typeof RedisRevocationStore>[0]> = {}): RedisRevocationStore => {
    const store = new RedisRevocationStore({ client, ...options });
    opened.push(store);
    return store;
  };
  /** Every method that must know, in a fresh connection or not. */
  const calls = (): Promise<unknown>[] => [
    stores.replay.take(randomUUID(), now() + 60, now()),
    stores.requestState.put({}, 'alice', now() + 60, now()),
    stores.requestState.get('A'.repeat(43), 'alice', now()),
    stores.approvals.request(asked(), now()),
    stores.approvals.find('id', now()),
    stores.approvals.pending(ISSUER, undefined, now()),
    stores.approvals.decide('id', YES, now()),
    stores.approvals.consume('id', 'binding', now()),
    stores.revocation.add({ issuer: ISSUER, sub: randomUUID() }, now()),
  ];
  const failures = async (): Promise<unknown[]> =>
    (await Promise.allSettled(calls())).map(call => (call.status === 'rejected' ? call.reason : call.value) as unknown);

  beforeEach(async () => {
    server = await RedisServer.start();
    client = await server.client();
    stores = redisStores({ client });
    opened.push(stores.revocation);
  });
  afterEach(async () => {
    await Promise.all(opened.splice(0).map(store => store.close()));
    await server.stop();
  });

  it('while Redis is slow, within two seconds', async () => {
    await client.sendCommand(['CLIENT', 'PAUSE', '4000', 'ALL']);
    const started = performance.now();
    const codes = (await failures()).map(error => (error as RedisStoreError).code);
    expect([...new Set(codes)]).toEqual(['timeout']);
    expect(performance.now() - started).toBeGreaterThan(1_000);
  });

  it('while Redis is gone, at once; and what was revoked meanwhile counts here and is written when it is back', async () => {
    const other = open();
    expect(await revoked(other)).toBe(false);
    expect(await revoked(stores.revocation)).toBe(false);
    await server.down();
    await until(() => !client.isReady);
    for (const error of await failures()) expect(error).toBeInstanceOf(RedisStoreError);
    await expect(stores.revocation.add({ issuer: ISSUER, sub: 'alice' }, now())).rejects.toThrow(RedisStoreError);
    expect(await revoked(stores.revocation)).toBe(true);
    expect(await revoked(other)).toBe(false);
    await server.up();
    await until(async () => (await revoked(other)) === true);
  });

  it('after `staleFor` without contact no identity that is not known to be revoked is let through', async () => {
    const store = open({ staleFor: 0.3 });
    await store.subscribe(() => undefined);
    expect([store.isRevoked(identity(), now()), store.health]).toEqual([false, 'up']);
    await server.down();
    await until(async () => (await revoked(store)) === 'refused');
    expect(store.health).toBe('down');
    await store.add({ issuer: ISSUER, sub: 'bob' }, now()).catch(() => undefined);
    expect(await revoked(store, identity({ sub: 'bob' }))).toBe(true);
    await server.up();
    await until(async () => (await revoked(store)) === false);
  });

  it('before the first load of revocations nothing is answered `false`', async () => {
    await stores.revocation.add({ issuer: ISSUER, sub: 'alice' }, now());
    expect(await revoked(open())).toBe(true);
    await server.down();
    await until(() => !client.isReady);
    expect(await revoked(open())).toBe('refused');
  });

  it.each([
    ['emptied', () => client.flushAll()],
    ['restarted empty', async () => (await server.down(), await server.up(), await until(() => client.isReady))],
  ])(
    'when Redis was %s: nothing is taken twice, and what was revoked is revoked for new processes too',
    async (_, lose) => {
      const time = now();
      const [fresh, later] = [new RedisReplayStore({ client }), new RedisReplayStore({ client })];
      expect(await stores.replay.take('proof', time + 30, time)).toBe('fresh');
      await stores.revocation.add({ issuer: ISSUER, sub: 'alice' }, time);
      const handle = await stores.requestState.put({ a: 1 }, 'alice', time + 60, time);
      const approval = asked();
      await stores.approvals.request(approval, time);
      await stores.approvals.decide(approval.id, YES, time);
      await lose();
      expect(await stores.replay.take('proof', time + 30, time)).toBe('forgotten');
      expect(await fresh.take('proof', time + 30, time)).toBe('forgotten');
      expect(await later.take('of longer life', time + 90, time)).toBe('fresh');
      expect(await stores.requestState.get(handle, 'alice', time)).toBeUndefined();
      expect(await stores.approvals.consume(approval.id, approval.binding, time)).toBeUndefined();
      const other = open();
      await until(async () => (await revoked(other)) === true);
    },
  );

  it('after a failover that lost the last ids and revocations, they are not taken again and are revoked again', async () => {
    const replica = await RedisServer.start('--replicaof', '127.0.0.1', String(server.port));
    const promoted = await replica.client();
    const through = { client: client, eval: (...a: Parameters<Client['eval']>) => through.client.eval(...a) };
    const replay = new RedisReplayStore({ client: through });
    const revocation = open({ client: through });
    try {
      const time = now();
      expect(await replay.take('kept', time + 60, time)).toBe('fresh');
      await revocation.add({ issuer: ISSUER, sub: 'bob' }, time);
      await client.sendCommand(['WAIT', '1', '10000']);
      await promoted.sendCommand(['REPLICAOF', 'NO', 'ONE']);
      expect(await replay.take('lost', time + 60, time)).toBe('fresh');
      await revocation.add({ issuer: ISSUER, sub: 'alice' }, time);
      await until(async () => (await revoked(open())) === true);
      through.client = promoted;
      for (const id of ['lost', 'kept']) expect(await replay.take(id, time + 60, time)).not.toBe('fresh');
      const other = open({ client: promoted });
      await until(async () => (await revoked(other)) === true);
    } finally {
      await revocation.close();
      await replica.stop();
    }
  });

  it('after a failover whose lost numbers were used again, a running process hears of what has them now, and writes back what it knows', async () => {
    const replica = await RedisServer.start('--replicaof', '127.0.0.1', String(server.port));
    const promoted = await replica.client();
    const through: RedisStoreClient & { client: Client | undefined } = {
      client,
      eval: async (...a) => through.client?.eval(...a) ?? Promise.reject(new Error('away')),
    };
    const running = open({ client: through });
    try {
      await running.add({ issuer: ISSUER, sub: 'carol' }, now());
      await client.sendCommand(['WAIT', '1', '10000']);
      await promoted.sendCommand(['REPLICAOF', 'NO', 'ONE']);
      await running.add({ issuer: ISSUER, sub: 'alice' }, now());
      await new Promise(resolve => setTimeout(resolve, 400));
      through.client = undefined;
      await open({ client: promoted }).add({ issuer: ISSUER, sub: 'bob' }, now());
      through.client = promoted;
      await until(async () => (await revoked(running, identity({ sub: 'bob' }))) === true);
      const later = open({ client: promoted });
      await until(async () => (await revoked(later)) === true);
    } finally {
      await Promise.all(opened.splice(0).map(store => store.close()));
      await replica.stop();
    }
  });

  it.each([
    ['a replica that only reads', ['REPLICAOF', '127.0.0.1', '1']],
    ['a full Redis', ['CONFIG', 'SET', 'maxmemory', '1', 'maxmemory-policy', 'noeviction']],
  ])('after `staleFor` at %s, and its health says so before', async (_, command) => {
    const [store, patient] = [open({ staleFor: 0.5 }), open()];
    for (const one of [store, patient]) expect(await revoked(one)).toBe(false);
    expect(patient.health).toBe('up');
    await client.sendCommand(command);
    await until(() => patient.health === 'degraded');
    await until(async () => (await revoked(store)) === 'refused');
    expect([store.health, await revoked(patient)]).toEqual(['down', false]);
  });

  it('and its health is degraded while something known here is not written', async () => {
    const store = open({
      client: {
        eval: (script, options) =>
          script.includes('PUBLISH') ? Promise.reject(new Error('away')) : client.eval(script, options),
      },
    });
    expect(await revoked(store)).toBe(false);
    await expect(store.add({ issuer: ISSUER, sub: 'alice' }, now())).rejects.toThrow(RedisStoreError);
    expect(store.health).toBe('degraded');
  });

  it('all who ask before the first load wait for the same one', async () => {
    const store = open({ client: { eval: () => Promise.reject(new Error('away')) } });
    const timers = jest.spyOn(globalThis, 'setTimeout');
    const asked = Array.from({ length: 500 }, () => revoked(store));
    const count = timers.mock.calls.length;
    timers.mockRestore();
    expect(count).toBeLessThan(10);
    expect(new Set(await Promise.all(asked))).toEqual(new Set(['refused']));
  });

  it('for processes whose longest tokens differ: a second revocation counts, and no entry ends earlier than the longest asks for', async () => {
    const [day, time] = [86_400, now()];
    const week = open({ longestToken: 7 * day });
    await week.add({ issuer: ISSUER, sub: 'alice' }, time);
    await open().add({ issuer: ISSUER, sub: 'alice' }, time + 5);
    expect(await client.ttl('{eie:revocation}:entries')).toBeGreaterThan(13 * day);
    expect(await revoked(open(), identity({ issuedAt: time + 5 }))).toBe(true);
  });

  it('for processes whose longest tokens differ: what one puts together counts from when the other has revoked it', async () => {
    const time = now();
    const [week, other] = [open({ longestToken: 7 * 86_400, capacity: 5 }), open({ capacity: 5 })];
    for (const sid of ['1', '2', '3', '4', '5']) await other.add({ issuer: ISSUER, sub: 'alice', sid }, time);
    await week.add({ issuer: ISSUER, sub: 'carol' }, time);
    const later = open();
    expect(await revoked(later, identity({ sid: '1', issuedAt: time }))).toBe(true);
  });

  it.each([20.4, 20.5, 20.6])(
    'for a token of an issuer whose clock is ahead by %f seconds, which is not whole: it is revoked everywhere',
    async ahead => {
      const [one, other] = [open(), open()];
      const who = identity({ issuedAt: now() + ahead });
      expect([await revoked(one, who), await revoked(other, who)]).toEqual([false, false]);
      await one.add({ issuer: ISSUER, sub: 'alice' }, now());
      await one.add({ issuer: ISSUER, sub: 'bob' }, now());
      await until(async () => (await revoked(other, identity({ sub: 'bob' }))) === true);
      expect([await revoked(one, who), await revoked(other, who)]).toEqual([true, true]);
    },
  );

  it('for texts that are no Unicode: they are told apart, and others still have room', async () => {
    const store = open({ capacity: 5 });
    const subs = ['x\ud800', 'x\ud801', 'u0', 'u1', 'u2', 'u3'];
    for (const sub of subs) for (const sid of ['1', '2']) await store.add({ issuer: ISSUER, sub, sid }, now());
    const later = open();
    for (const sub of subs) expect(await revoked(later, identity({ sub, sid: '1' }))).toBe(true);
    expect(await client.hLen('{eie:revocation}:entries')).toBeLessThanOrEqual(5);
    await client.flushAll();
    for (const sub of ['x\ud800', 'x\ud801']) await open().add({ issuer: ISSUER, sub }, now());
    expect(await client.hLen('{eie:revocation}:entries')).toBeGreaterThanOrEqual(2);
  });

  it('for a listener that throws: the others hear, and the revocation is kept', async () => {
    const heard: unknown[] = [];
    await stores.revocation.subscribe(() => {
      throw new Error('listener');
    });
    await stores.revocation.subscribe(one => void heard.push(one.sub));
    await stores.revocation.add({ issuer: ISSUER, sub: 'alice' }, now());
    await open().add({ issuer: ISSUER, sub: 'bob' }, now());
    await until(() => heard.length === 2);
    const later = open();
    for (const sub of ['alice', 'bob']) expect(await revoked(later, identity({ sub }))).toBe(true);
  });

  it('at a replica that only reads', async () => {
    await client.sendCommand(['REPLICAOF', '127.0.0.1', '1']);
    const [replay] = await failures();
    expect(replay).toMatchObject({ code: 'READONLY' });
    await expect(stores.revocation.add({ issuer: ISSUER, sub: 'alice' }, now())).rejects.toThrow('primary');
    await expect(stores.approvals.request(asked(), now())).rejects.toThrow('primary');
    await expect(stores.requestState.put({}, 'alice', now() + 60, now())).rejects.toThrow('primary');
  });

  it('when Redis is full, and what it has stays', async () => {
    const time = now();
    expect(await stores.replay.take('proof', time + 60, time)).toBe('fresh');
    await client.sendCommand(['CONFIG', 'SET', 'maxmemory', '1', 'maxmemory-policy', 'noeviction']);
    await expect(stores.replay.take('next', time + 60, time)).rejects.toMatchObject({ code: 'OOM' });
    await expect(stores.approvals.request(asked(), time)).rejects.toMatchObject({ code: 'OOM' });
    await expect(stores.revocation.add({ issuer: ISSUER, sub: 'alice' }, time)).rejects.toMatchObject({ code: 'OOM' });
    expect(await revoked(stores.revocation)).toBe(true);
    await client.sendCommand(['CONFIG', 'SET', 'maxmemory', '0']);
    expect(await stores.replay.take('proof', time + 60, time)).toBe('replayed');
    const other = open();
    await until(async () => (await revoked(other)) === true);
  });

  it('for keys of other types', async () => {
    for (let round = 0; round < 2; round++) {
      await failures();
      for (const key of await client.keys('*')) {
        await client.del(key);
        await (round ? client.lPush(key, 'x') : client.hSet(key, 'x', 'y'));
      }
      const verdicts = await failures();
      expect(verdicts[0]).toBeInstanceOf(RedisStoreError);
      expect(verdicts[8]).toBeInstanceOf(RedisStoreError);
      expect(await revoked(open())).toBe('refused');
      await client.flushAll();
    }
  });

  it.each([
    '',
    'garbage',
    'null',
    '[]',
    '{"approved":1}',
    '{"__proto__":{"approved":true},"issuer":"i","sub":"s","at":1}',
    '{"approved":"true","issuer":"i","sub":"s","at":1}',
    '\u0000',
  ])('for a poisoned value, and never allow: %j', async value => {
    const approval = asked();
    await stores.approvals.request(approval, now());
    await stores.revocation.add({ issuer: ISSUER, sub: 'bob' }, now());
    const [key] = await client.keys('*approvals}:a:*');
    await client.hSet(key!, { decision: value, approved: '1' });
    const { id, binding } = approval;
    const found = await stores.approvals.consume(id, binding, now()).catch(() => 'refused');
    expect([undefined, 'refused']).toContain(found);
    for (const field of await client.hKeys('{eie:revocation}:entries'))
      await client.hSet('{eie:revocation}:entries', field, value);
    expect(await revoked(open())).toBe('refused');
    await client.hSet('{eie:replay}:state', { epoch: 'x', seq: value, at: value, horizon: value });
    await expect(stores.replay.take('id', now() + 60, now())).rejects.toThrow(RedisStoreError);
    const handle = await stores.requestState.put({ a: 1 }, 'alice', now() + 60, now());
    for (const one of await client.keys('*request-state*')) await client.set(one, value);
    expect(await stores.requestState.get(handle, 'alice', now())).toBeUndefined();
  });

  it('for clocks that are a minute apart, behind and ahead: neither takes what the other has taken', async () => {
    const time = now();
    for (const [first, second] of [
      [-60, 60],
      [60, -60],
    ] as const) {
      const id = randomUUID();
      expect(await stores.replay.take(id, time + 1, time + first)).toBe('fresh');
      expect(await client.ttl((await client.keys('*replay}:id:*'))[0]!)).toBeGreaterThan(115);
      expect(await stores.replay.take(id, time + 1, time + second)).toBe('replayed');
      await client.del(await client.keys('*replay}:id:*'));
    }
    expect(await stores.replay.take('late', time - 120, time - 180)).toBe('forgotten');
    await stores.revocation.add({ issuer: ISSUER, sub: 'alice' }, time - 60);
    const other = open();
    expect(await revoked(other, identity({ issuedAt: time }))).toBe(true);
  });

  it('for a token of an issuer whose clock is ahead: a revocation by a process that has not seen it counts for it everywhere', async () => {
    const [one, other] = [open({ client: await server.client() }), open({ client: await server.client() })];
    const ahead = identity({ issuedAt: now() + 20 });
    expect(await revoked(one, ahead)).toBe(false);
    await other.isRevoked(identity({ sub: 'bob' }), now());
    await until(async () => Number(await client.hGet('{eie:revocation}:state', 'latest')) >= ahead.issuedAt);
    await other.add({ issuer: ISSUER, sub: 'alice' }, now());
    for (const store of [one, other]) await until(async () => (await revoked(store, ahead)) === true);
    expect(await revoked(other, identity({ issuedAt: now() + 40 }))).toBe(false);
  });

  it('for a process whose clock is an hour ahead: others believe a minute of it, so that who signs in later goes on', async () => {
    const [one, other] = [open({ client: await server.client() }), open({ client: await server.client() })];
    await one.isRevoked(identity({ sub: 'bob' }), now() + 3_600);
    await until(async () => Number(await client.hGet('{eie:revocation}:state', 'latest')) > now() + 30);
    await other.add({ issuer: ISSUER, sub: 'alice' }, now());
    await until(async () => (await revoked(other, identity({ issuedAt: now() + 30 }))) === true);
    expect(await revoked(other, identity({ issuedAt: now() + 90 }))).toBe(false);
  });

  it('for messages that are repeated or forged: they revoke nobody, and tell nobody twice', async () => {
    const heard: unknown[] = [];
    await stores.revocation.subscribe(one => void heard.push(one));
    const other = open();
    await other.add({ issuer: ISSUER, sub: 'bob' }, now());
    for (let i = 0; i < 100; i++)
      await client.publish('{eie:revocation}:changed', JSON.stringify({ at: now(), revoked: { issuer: ISSUER } }));
    await until(() => heard.length > 0);
    await new Promise(resolve => setTimeout(resolve, 400));
    expect(heard).toEqual([{ issuer: ISSUER, sub: 'bob' }]);
    expect(await revoked(stores.revocation)).toBe(false);
  });

  it('for a storm of 20,000 revocations, twenty times what is kept: each still counts, and they stay within the capacity', async () => {
    const time = now();
    const one = open({ capacity: 1_000 });
    const other = open({ capacity: 1_000 });
    await other.subscribe(() => undefined);
    for (let i = 0; i < 20; i++)
      await Promise.all(
        Array.from({ length: 1_000 }, (_, j) =>
          one.add({ issuer: ISSUER, sub: `user-${(i * 1_000 + j) % 18_000}`, sid: `${j}` }, time),
        ),
      );
    for (const key of ['order', 'times'])
      expect(await client.zCard(`{eie:revocation}:${key}`)).toBeLessThanOrEqual(1_000);
    expect(await client.hLen('{eie:revocation}:entries')).toBeLessThanOrEqual(1_000);
    for (const sub of ['user-0', 'user-9000', 'user-17999'])
      await until(
        async () => (await revoked(other, identity({ sub, sid: sub.at(-1) === '9' ? '999' : '0' }))) === true,
      );
    expect(await revoked(other, identity({ issuer: 'https://other.example' }))).toBe(false);
  });

  it('for an issuer that fills them: a user of another issuer keeps the other sessions', async () => {
    const bob = (sid: string) => identity({ sub: 'bob', issuer: 'https://other.test', sid });
    const one = open({ capacity: 100 });
    for (const sid of ['a', 'b', 'c']) await one.add({ issuer: 'https://other.test', sub: 'bob', sid }, now());
    await Promise.all(Array.from({ length: 300 }, (_, i) => one.add({ issuer: ISSUER, sub: `user ${i}` }, now())));
    const other = open({ capacity: 100 });
    expect(await revoked(other, identity({ sub: 'user 299' }))).toBe(true);
    expect(await revoked(other, bob('c'))).toBe(true);
    expect(await revoked(other, bob('d'))).toBe(false);
  });

  it('for a full store to which another issuer adds: the one that has the most is put together', async () => {
    const one = open({ capacity: 100 });
    await Promise.all(Array.from({ length: 100 }, (_, i) => one.add({ issuer: ISSUER, sub: `user ${i}` }, now())));
    await one.add({ issuer: 'https://other.test', sub: 'bob' }, now());
    const other = open({ capacity: 100 });
    expect(await revoked(other, identity({ sub: 'bob', issuer: 'https://other.test' }))).toBe(true);
    expect(await revoked(other, identity({ sub: 'eve', issuer: 'https://other.test' }))).toBe(false);
    expect(await revoked(other, identity({ sub: 'user 7' }))).toBe(true);
    expect(await client.hLen('{eie:revocation}:entries')).toBeLessThanOrEqual(100);
  });

  it.each(['state', 'order', 'times', 'marks', 'entries', 'order times', 'entries order times'])(
    'after Redis has dropped the keys %s, as an eviction does: who was revoked is revoked at an instance that starts',
    async names => {
      const [running, other] = [open(), identity({ sub: 'mallory', issuedAt: now() - 20 })];
      await running.add({ issuer: ISSUER, sub: 'alice' }, now());
      await running.add({ issuer: ISSUER, sub: 'mallory' }, now());
      await until(() => running.health === 'up');
      await client.del(names.split(' ').map(name => `{eie:revocation}:${name}`));
      await until(async () => (await client.hLen('{eie:revocation}:entries')) === 2);
      await until(async () => (await client.zCard('{eie:revocation}:order')) === 2);
      const started = open({ client: await server.client() });
      expect(await revoked(started)).toBe(true);
      expect(await revoked(started, other)).toBe(true);
      await started.add({ issuer: ISSUER, sub: 'bob' }, now());
      await until(async () => (await revoked(running, identity({ sub: 'bob' }))) === true);
      const [of] = await client.hmGet('{eie:revocation}:state', ['count']);
      expect(Number(of)).toBe(3);
    },
  );

  it('after Redis has dropped the order of what was revoked while no instance ran: it is still revoked', async () => {
    const before = open();
    await before.add({ issuer: ISSUER, sub: 'alice' }, now());
    await before.close();
    await client.del('{eie:revocation}:order');
    expect(await revoked(open())).toBe(true);
  });

  it('for a user at the limit, and others still have room', async () => {
    const time = now();
    const replay = new RedisReplayStore({ client, perUser: 2 });
    const verdicts: unknown[] = [];
    for (const clientId of ['a', 'b', 'c'])
      verdicts.push(await replay.take(clientId, time + 60, time, ['acme', 'alice', clientId]));
    expect(verdicts).toEqual(['fresh', 'fresh', 'full']);
    expect(await replay.take('d', time + 60, time, ['acme', 'bob', 'a'])).toBe('fresh');
  });

  it('and a dump shows no state, handle or owner, and every key of a caller ends', async () => {
    await failures();
    const handle = await stores.requestState.put({ order: 'secret-order' }, 'secret-owner', now() + 60, now());
    const keys = await client.keys('*');
    const texts = await Promise.all(keys.filter(key => key.includes('request-state')).map(key => client.get(key)));
    for (const secret of [handle, 'secret-order', 'secret-owner']) expect([keys, texts].join()).not.toContain(secret);
    for (const key of keys) if (!key.endsWith(':state')) expect(await client.ttl(key)).toBeGreaterThan(0);
  });

  it('and no error quotes a key, a value or what the server said', async () => {
    const error = await new RedisReplayStore({
      client: { eval: () => Promise.reject(new Error("WRONGTYPE secret-key 'secret'")) },
    })
      .take('secret', now() + 60, now())
      .catch((error: unknown) => error as Error);
    expect(String(error) + JSON.stringify(error) + String((error as Error).cause)).not.toContain('secret');
    expect(error).toMatchObject({ code: 'WRONGTYPE' });
  });

  it('and an error says what can be done, also where Redis or the client gives no code', async () => {
    const codeOf = async (client: RedisStoreClient): Promise<unknown> => {
      const error: string = await new RedisReplayStore({ client }).take('id', now() + 60, now()).catch(String);
      return /\((\w+)\)\. \S/.exec(error)?.[1];
    };
    const unconnected = createClient({ ...client.options, disableOfflineQueue: true });
    expect(await codeOf(unconnected)).toBe('closed');
    const away = createClient({ socket: { port: 1, reconnectStrategy: 50 }, disableOfflineQueue: true });
    away.on('error', () => undefined);
    away.connect().catch(() => undefined);
    expect(await codeOf(away)).toBe('offline');
    away.destroy();
    const rights: Record<string, string[]> = {
      'some commands': ['~*', '&*', '+eval'],
      'no channel': ['~*', 'resetchannels', '+@all'],
    };
    for (const [name, given] of Object.entries(rights)) {
      await client.aclSetUser('app', ['reset', 'on', '>secret', ...given]);
      const limited = createClient({ ...client.options, username: 'app', password: 'secret' });
      await limited.on('error', () => undefined).connect();
      const store = open({ client: limited });
      const failure = await store.add({ issuer: ISSUER, sub: 'alice' }, now()).catch((error: unknown) => error);
      expect([name, failure]).toEqual([name, expect.objectContaining({ code: 'NOPERM' })]);
      await store.close();
      limited.destroy();
    }
  });

  it('and after `staleFor` the error says why nothing was heard', async () => {
    const store = open({ staleFor: 0.2 });
    expect(await revoked(store)).toBe(false);
    await server.down();
    await until(async () => (await revoked(store)) === 'refused');
    const why = async () => String(await Promise.resolve(store.isRevoked(identity(), now())).catch(String));
    await until(async () => /\(stale\).* The last look: (?:offline|timeout|unavailable)\./.test(await why()));
  });

  it('and a connection that ends, ends no process where nobody listens to the client', async () => {
    const silent = createClient({ ...client.options, socket: { ...client.options?.socket, reconnectStrategy: 50 } });
    await silent.connect();
    const store = open({ client: silent });
    redisStores({ client: silent });
    expect(silent.listenerCount('error')).toBe(1);
    expect(await revoked(store)).toBe(false);
    await server.down();
    await until(() => !silent.isReady);
    expect(await revoked(store, identity({ sub: 'bob' }))).toBe(false);
    await store.close();
    silent.destroy();
  });

  it('what is no client of `redis`, at construction', () => {
    const ofIoredis = { eval: async () => undefined, defineCommand: () => undefined, options: {} };
    for (const other of [undefined, {}, ofIoredis])
      expect(() => redisStores({ client: other as never })).toThrow('a client of the package "redis"');
  });

  it('a client that queues without a bound, at construction', () => {
    expect(() => redisStores({ client: createClient() })).toThrow('disableOfflineQueue');
    expect(() => redisStores({ client: createClient({ commandsQueueMaxLength: 1_000 }) })).not.toThrow();
    const cluster = { rootNodes: [{ url: 'redis://127.0.0.1:1' }] };
    expect(() => redisStores({ client: createCluster(cluster) })).toThrow('disableOfflineQueue');
    expect(() =>
      redisStores({ client: createCluster({ ...cluster, defaults: { disableOfflineQueue: true } }) }),
    ).not.toThrow();
    const sentinel = { name: 'db', sentinelRootNodes: [{ host: '127.0.0.1', port: 1 }] };
    expect(() =>
      redisStores({ client: createSentinel({ ...sentinel, nodeClientOptions: { disableOfflineQueue: true } }) }),
    ).not.toThrow();
    expect(() => redisStores({ client, prefix: 'a}b' })).toThrow('prefix');
  });
});
