import {
  approvalStoreConformance,
  delegatedTokenStoreConformance,
  replayStoreConformance,
  requestStateStoreConformance,
  revocationStoreConformance,
} from 'execution-identity/internal/conformance';
import { createCluster } from 'redis';
import { type RedisStoreClient } from './redis-client.js';
import { describeWithRedis, RedisServer } from '../test/redis-server.js';
import { RedisDelegatedTokenStore } from './redis-delegated-token-store.js';
import { type RedisStores, redisStores } from './redis-stores.js';

describe.each(['one server', 'a cluster'])('the stores in Redis, at %s', kind => {
  describeWithRedis('conform', () => {
    let server: RedisServer;
    let clients: readonly RedisStoreClient[];
    const clusters: { destroy(): void }[] = [];
    let prefixes = 0;
    beforeAll(async () => {
      server = await RedisServer.start(...(kind === 'a cluster' ? ['--cluster-enabled', 'yes'] : []));
      const client = await server.client();
      clients = [client, await server.client()];
      if (kind !== 'a cluster') return;
      await client.sendCommand(['CLUSTER', 'ADDSLOTSRANGE', '0', '16383']);
      while (!(await client.sendCommand<string>(['CLUSTER', 'INFO'])).includes('cluster_state:ok'));
      const connected = [0, 1].map(() =>
        createCluster({
          rootNodes: [{ url: `redis://127.0.0.1:${server.port}` }],
          defaults: { disableOfflineQueue: true },
        }),
      );
      await Promise.all(connected.map(cluster => cluster.on('error', () => undefined).connect()));
      clusters.push(...connected);
      clients = connected;
    });
    afterAll(async () => {
      for (const cluster of clusters.splice(0)) cluster.destroy();
      await server?.stop();
    });

    const create =
      <P extends keyof RedisStores>(port: P) =>
      async (): Promise<{ one: RedisStores[P]; other: RedisStores[P]; close: () => Promise<void> }> => {
        const prefix = `test-${++prefixes}`;
        const [one, other] = clients.map(client => redisStores({ client, prefix })) as [RedisStores, RedisStores];
        return {
          one: one[port],
          other: other[port],
          close: async () => {
            await Promise.all([one.revocation.close(), other.revocation.close()]);
          },
        };
      };

    const tokens = async () => {
      const prefix = `test-${++prefixes}`;
      const [one, other] = clients.map(client => new RedisDelegatedTokenStore({ client, prefix }));
      return { one: one!, other: other! };
    };

    it.each(replayStoreConformance(create('replay')))('replay: $name', ({ run }) => run());
    it.each(revocationStoreConformance(create('revocation')))('revocation: $name', ({ run }) => run());
    it.each(requestStateStoreConformance(create('requestState')))('request state: $name', ({ run }) => run());
    it.each(approvalStoreConformance(create('approvals')))('approvals: $name', ({ run }) => run());
    it.each(delegatedTokenStoreConformance(tokens))('delegated tokens: $name', ({ run }) => run());
  });
});
