import { decodeProtectedHeader } from 'jose';
import { type ClientOptions, Delegated, type DelegatedFetch, RequireScopes, type Signer } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { entraId as entraIdPreset } from 'nestjs-eie/presets';
import * as entraId from '../delegation-dialects/fakes/entra-id.js';
import * as rfc8693 from '../delegation-dialects/fakes/rfc8693.js';
import { startShop } from '../delegation-dialects/shop.js';
import { THUMBPRINT } from '../delegation-dialects/keys.js';
import { startTokenEndpoint } from '../delegation-dialects/token-endpoint.js';
import { API, entraIdTokens, TENANT } from '../presets/fixtures/entra-id.js';
import { jwks } from '../presets/providers.js';
import { callTool, connect, startMcpApp, type TestApp } from '../support/app.js';
import { OrdersController, ordersTarget } from '../support/orders.js';
import { type ReceiverApp, startReceiver } from '../support/receiver-app.js';
import { type SignerProcess, startSignerProcess } from '../support/signer-process.js';
import { MCP, ORDERS, SERVER_CLIENT, startWorld, TRUST_DOMAIN, type World } from '../support/world.js';

@ToolController()
@RequireScopes('orders:read')
class OrderTools {
  @Tool({ name: 'list_orders' })
  async list(@Delegated('orders_api') orders: DelegatedFetch) {
    return (await orders('/orders')).json();
  }
}

let keys: SignerProcess;

describe('keys in another process', () => {
  beforeAll(async () => void (keys = await startSignerProcess()));
  afterAll(() => keys?.close());

  describe('a server whose keys are in another process', () => {
    let world: World;
    let orders: ReceiverApp;
    let app: TestApp;

    const start = (envelope: Signer, client: Signer): Promise<TestApp> =>
      startMcpApp(world, {
        providers: [OrderTools],
        options: {
          issuers: [world.issuerOptions({ client: clientOf(SERVER_CLIENT, client) })],
          signing: { signer: envelope, keys: [] },
          targets: { orders_api: ordersTarget(world, `${orders.url}/api`) },
        },
      });
    const clientOf = (clientId: string, signer: Signer): ClientOptions => ({
      clientId,
      auth: { method: 'private_key_jwt', signer },
    });

    beforeAll(async () => {
      const { publicKey, kid, alg } = keys.client;
      world = await startWorld({ clientKey: { ...publicKey, kid: kid!, alg, use: 'sig' } });
      const { envelope } = keys;
      const jwks = { keys: [{ ...envelope.publicKey, kid: envelope.kid, alg: 'ES256' }] as never };
      orders = await startReceiver(world, {
        service: 'orders_api',
        resource: ORDERS,
        controllers: [OrdersController],
        options: {
          trust: {
            trustDomain: TRUST_DOMAIN,
            issuers: [{ issuer: MCP, jwks, presenters: [{ issuer: world.issuer, clientId: SERVER_CLIENT }] }],
          },
        },
      });
      app = await start(envelope, keys.client);
    });
    afterAll(async () => {
      keys.resume();
      await app?.close();
      await orders?.close();
      await world?.close();
    });

    async function call(by: TestApp, token: string) {
      const client = await connect(by.url, token);
      return callTool(client, 'list_orders').finally(() => client.close());
    }

    it('exchanges a token at a real authorization server and seals an envelope that a receiver believes', async () => {
      const before = keys.asked;
      const { json } = await call(app, world.userToken());
      expect(json).toMatchObject({ sub: 'alice', agent: 'agent-desk-copilot', mode: 'on_behalf_of' });
      expect(keys.asked - before).toBe(2);
      const headers = orders.received.at(-1)!;
      expect(decodeProtectedHeader(headers['txn-token'] as string)).toEqual({
        alg: 'ES256',
        kid: 'seal-elsewhere',
        typ: 'txntoken+jwt',
      });
    });

    it('publishes the public half of the key that seals, and nothing of the other', async () => {
      const response = await fetch(`${app.url}/.well-known/jwks.json`);
      expect(await response.json()).toEqual({
        keys: [{ ...keys.envelope.publicKey, kid: 'seal-elsewhere', alg: 'ES256', use: 'sig' }],
      });
    });

    it('refuses a call while that process hangs, sends nothing, and works again when it does not', async () => {
      const [token, reached] = [world.userToken({ sub: 'bob' }), orders.received.length];
      keys.pause();
      const { isError, code } = await call(app, token);
      expect({ isError, code }).toEqual({ isError: true, code: 'signing_unavailable' });
      expect(app.auditLog.last('delegation.outcome')).toMatchObject({
        outcome: 'failed',
        reason: 'signing_unavailable',
      });
      expect(orders.received).toHaveLength(reached);
      keys.resume();
      expect((await call(app, token)).json).toMatchObject({ sub: 'bob' });
    });

    it('refuses a call for which it has a token already, when nobody seals its envelope', async () => {
      const token = world.userToken({ sub: 'user-1' });
      expect((await call(app, token)).json).toMatchObject({ sub: 'user-1' });
      const [asked, reached] = [keys.asked, orders.received.length];
      keys.pause();
      expect((await call(app, token)).code).toBe('signing_unavailable');
      expect([keys.asked - asked, orders.received.length - reached]).toEqual([1, 0]);
      keys.resume();
    });

    it('does not count that as an outage of the authorization server: its circuit stays closed', async () => {
      keys.pause();
      const users = ['user-0', 'user-2', 'user-4', 'user-6', 'user-8', 'alice'];
      const refused = await Promise.all(users.map(sub => call(app, world.userToken({ sub }))));
      expect(new Set(refused.map(({ code }) => code))).toEqual(new Set(['signing_unavailable']));
      keys.resume();
      expect((await call(app, world.userToken({ sub: 'user-0' }))).json).toMatchObject({ sub: 'user-0' });
    });

    it('does not start while that process hangs, and says what to look at', async () => {
      keys.pause();
      const { sign } = keys.envelope;
      await expect(start({ ...keys.envelope, sign }, keys.client)).rejects.toThrow(
        /signing\.keys\[0\] did not sign within 2000 ms: check that its key service can be reached from here/,
      );
      keys.resume();
    });

    it('does not start with a signer of another key, nor with one for two purposes', async () => {
      const { publicKey, ...client } = keys.client;
      const other = { ...publicKey, n: publicKey.n!.replace(/^.{9}/, 'sssssssss') };
      await expect(start(keys.envelope, { ...client, publicKey: other })).rejects.toThrow(
        /client.* signs with another key or algorithm than its "publicKey" and "alg" say/,
      );
      const both: Signer = { ...keys.envelope };
      await expect(start(both, both)).rejects.toThrow(/give each purpose a key of its own/);
    });
  });

  describe.each([
    {
      dialect: 'rfc8693',
      way: 'service',
      header: { alg: 'RS256', kid: 'client-elsewhere' },
      start: async () => {
        const client: ClientOptions = {
          clientId: 'mcp-server',
          auth: { method: 'private_key_jwt', signer: keys.client },
        };
        const endpoint = await startTokenEndpoint(rfc8693.rfc8693Fake(client));
        const target = { resource: ORDERS, scopes: ['orders:read'] };
        return startShop(endpoint, rfc8693.issuerOptions({}, client), target);
      },
      token: rfc8693.userToken,
    },
    {
      dialect: 'entra_id',
      way: 'impersonated',
      header: { alg: 'RS256', typ: 'JWT', 'x5t#S256': THUMBPRINT },
      start: async () => {
        const { kid: _kid, publicKey, ...signer } = keys.client;
        const certified: Signer = { ...signer, publicKey: { ...publicKey, 'x5t#S256': THUMBPRINT } };
        const client: ClientOptions = { clientId: API, auth: { method: 'private_key_jwt', signer: certified } };
        const endpoint = await startTokenEndpoint({ ...entraId.entraIdFake(), clients: [client] });
        const target = {
          resource: entraId.ORDERS_URI,
          audience: entraId.ORDERS_API,
          scopes: { 'orders:read': ['Orders.Read'] },
        };
        return startShop(endpoint, entraIdPreset({ tenantId: TENANT, audience: [API], jwks, client }), target);
      },
      token: entraIdTokens.access,
    },
  ] as const)('the dialect $dialect', ({ way, header, start, token }) => {
    it('is spoken with an assertion that another process signs, and is refused by nobody', async () => {
      const shop = await start();
      const { result, asked } = await shop.call(way, token);
      expect({ result, header: asked[0]!.assertion!.header }).toEqual({ result: 'ok', header });
      expect(asked[0]!.assertion!.claims.exp! - asked[0]!.assertion!.claims.iat!).toBe(60);
      await shop.close();
    });

    it('fails within the deadline when that process hangs, and asks the authorization server nothing', async () => {
      const shop = await start();
      keys.pause();
      const { result, asked } = await shop.call(way, token);
      expect({ result, asked }).toEqual({ result: 'signing_unavailable', asked: [] });
      keys.resume();
      await shop.close();
    });
  });
});
