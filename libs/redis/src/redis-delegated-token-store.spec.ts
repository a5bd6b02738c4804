import { EieConfigurationError } from 'execution-identity';
import { type Client, describeWithRedis, RedisServer } from '../test/redis-server.js';
import { RedisDelegatedTokenStore } from './redis-delegated-token-store.js';
import { RedisStoreError } from './redis-store-error.js';
import { redisStores } from './redis-stores.js';

const now = (): number => Math.floor(Date.now() / 1000);
const KEYS = '{eie:tokens}:';

describeWithRedis('the store of delegated tokens in Redis', () => {
  let server: RedisServer;
  let client: Client;
  let store: RedisDelegatedTokenStore;
  beforeEach(async () => {
    server = await RedisServer.start();
    client = await server.client();
    store = new RedisDelegatedTokenStore({ client });
  });
  afterEach(() => server?.stop());

  const put = (place: string, lifetime = 60) => store.set(place, `1.${place}`, now() + lifetime, now());
  const kept = async (...places: string[]) =>
    (await Promise.all(places.map(async place => ((await store.get(place)) ? place : [])))).flat();

  it('is there where its secrets are given, and nowhere else', () => {
    expect(redisStores({ client })).not.toHaveProperty('delegatedTokens');
    const secrets = ['s'.repeat(32)];
    const { delegatedTokens } = redisStores({ client, delegatedTokens: { secrets } });
    expect(delegatedTokens).toEqual({ store: expect.any(RedisDelegatedTokenStore), secrets });
  });

  it('keeps no more than its capacity, and drops what ends first', async () => {
    store = new RedisDelegatedTokenStore({ client, capacity: 3 });
    await put('long', 300);
    await put('short', 10);
    await put('middle', 100);
    await put('next', 200);
    expect(await kept('long', 'short', 'middle', 'next')).toEqual(['long', 'middle', 'next']);
    await put('middle', 250);
    expect(await kept('long', 'middle', 'next')).toHaveLength(3);
    expect(await client.dbSize()).toBe(4);
  });

  it('leaves nothing in Redis that does not end by itself', async () => {
    await put('one', 10);
    await put('other', 300);
    for (const key of await client.keys('*')) {
      expect(await client.ttl(key)).toBeGreaterThan(0);
      expect(await client.ttl(key)).toBeLessThanOrEqual(300);
    }
    await store.delete(['one', 'other']);
    expect(await client.keys('*')).toEqual([]);
  });

  it('counts lifetimes on the clock of Redis: a caller may be an hour behind it or ahead', async () => {
    for (const hour of [-3_600, 3_600]) {
      await store.set('place', '1.sealed', now() + hour + 60, now() + hour);
      expect(await client.ttl(`${KEYS}t:place`)).toBeLessThanOrEqual(60);
      expect(await store.get('place')).toBe('1.sealed');
    }
    await store.set('over', '1.sealed', now(), now());
    expect(await store.get('over')).toBeUndefined();
  });

  it('has nothing where somebody has put something of another type, or something huge', async () => {
    await client.rPush(`${KEYS}t:list`, 'x');
    await client.set(`${KEYS}t:huge`, 'x'.repeat(65_537));
    expect(await kept('list', 'huge')).toEqual([]);
    await put('list');
    expect(await kept('list')).toEqual(['list']);
    await client.del(`${KEYS}order`);
    await client.set(`${KEYS}order`, 'x');
    await expect(put('place')).rejects.toMatchObject({ code: 'WRONGTYPE' });
  });

  it('rejects while Redis is away, slow, full or a replica, and quotes nothing', async () => {
    await put('place');
    const failed = async (call: Promise<unknown>) => {
      const error = (await call.catch((error: unknown) => error)) as RedisStoreError;
      expect(error).toBeInstanceOf(RedisStoreError);
      expect(String(error) + JSON.stringify(error)).not.toMatch(/place|sealed/);
      return error.code;
    };
    await client.sendCommand(['CONFIG', 'SET', 'maxmemory', '1']);
    expect(await failed(put('place'))).toBe('OOM');
    await client.sendCommand(['CONFIG', 'SET', 'maxmemory', '0']);
    await client.sendCommand(['REPLICAOF', '127.0.0.1', '1']);
    expect(await failed(put('place'))).toBe('READONLY');
    await client.sendCommand(['REPLICAOF', 'NO', 'ONE']);
    await client.sendCommand(['CLIENT', 'PAUSE', '2500', 'ALL']);
    expect(await failed(store.get('place'))).toBe('timeout');
    await server.down();
    for (const call of [() => store.get('place'), () => put('place'), () => store.delete(['place'])])
      await failed(call());
  });

  it.each([0, -1, 1.5, NaN])('takes no capacity of %s', capacity => {
    expect(() => new RedisDelegatedTokenStore({ client, capacity })).toThrow(EieConfigurationError);
  });
});
