import { type ServerResponse } from 'node:http';
import { Controller, Get } from '@nestjs/common';
import { Authenticated, type ClientOptions, Delegated, type DelegatedFetch } from 'nestjs-eie';
import { startApp } from '../support/app.js';
import { base64url } from '../support/door.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { ORDERS, startWorld, type World } from '../support/world.js';

@Controller('orders')
class OrdersController {
  @Get()
  @Authenticated()
  list(@Delegated('orders_api') orders: DelegatedFetch): Promise<unknown> {
    return orders.json('/orders');
  }
}

const basic = (clientId: string, secret: string): ClientOptions => ({
  clientId,
  auth: { method: 'client_secret_basic', secret },
});

describe('at a token endpoint that answers in its own way', () => {
  let world: World;
  let endpoint: Loopback;
  let answer: (response: ServerResponse) => void;
  const told: string[] = [];

  beforeAll(async () => {
    world = await startWorld();
    endpoint = await startLoopback((_request, response) => answer(response));
  });
  afterAll(() => Promise.all([endpoint.close(), world.close()]));
  beforeEach(() => void (told.length = endpoint.requests.length = 0));

  async function call(client: ClientOptions, set: typeof answer): Promise<void> {
    answer = set;
    const app = await startApp(world, {
      controllers: [OrdersController],
      options: {
        issuers: [world.issuerOptions({ client, metadata: { tokenEndpoint: endpoint.url } })],
        targets: {
          orders_api: {
            mode: 'service_identity',
            baseUrl: 'http://127.0.0.1:9',
            issuer: world.issuer,
            resource: ORDERS,
            scopes: ['orders:read'],
          },
        },
        ports: { diagnostics: { report: ({ message }) => void told.push(message) } },
      },
    });
    await fetch(`${app.url}/orders`, { headers: { authorization: `Bearer ${world.userToken()}` } });
    await app.close();
  }

  const refused =
    (status: number, body = '') =>
    (response: ServerResponse) =>
      void response.writeHead(status, { 'content-type': 'application/json' }).end(body);
  const INVALID = refused(401, '{"error":"invalid_client"}');
  const sent = () =>
    Buffer.from(endpoint.requests[0]!.headers.authorization!.slice('Basic '.length), 'base64').toString();

  it('this server names itself as it is called, where nothing has to be encoded, so that who does not decode knows it', async () => {
    await call(basic('shop-mcp_1.eu', '0jQKm_heHj4Ba7-IPXk1*'), INVALID);
    expect(sent()).toBe('shop-mcp_1.eu:0jQKm_heHj4Ba7-IPXk1*');
    expect(told.at(-1)).not.toContain('client_secret_post');
  });

  it('it encodes all else, and the operator is told what to do where that is not decoded', async () => {
    await call(basic('https://mcp', 'a:b c%+~'), INVALID);
    expect(sent()).toBe('https%3A%2F%2Fmcp:a%3Ab+c%25%2B%7E');
    expect(told.at(-1)).toMatch(
      /said invalid_client\. To fix it: Compare issuers\[\]\.client, .*use client_secret_post\./,
    );
  });

  it.each<[what: string, set: typeof answer, line: string]>([
    [
      'refuses this server in no words of OAuth',
      refused(401),
      '401. To fix it: The server, or what stands before it, refuses this server and writes no error of OAuth: compare issuers[].client',
    ],
    ['is a firewall', refused(403, '<html>'), '403. To fix it: The server, or what stands before it, refuses'],
    [
      'has errors of its own',
      refused(400, '{"message":"bad"}'),
      '400. To fix it: What answers there gives neither a token nor an error of OAuth',
    ],
    [
      'demands DPoP',
      refused(400, '{"error":"use_dpop_nonce"}'),
      'said use_dpop_nonce. To fix it: The server demands DPoP of this client',
    ],
    [
      'writes another issuer into its tokens',
      response => {
        const claims = { iss: `${world.issuer}/`, aud: ORDERS, exp: Math.floor(Date.now() / 1000) + 300 };
        const token = `${base64url({ alg: 'ES256' })}.${base64url(claims)}.AAAA`;
        response.end(JSON.stringify({ access_token: token, token_type: 'Bearer' }));
      },
      'To fix it: The issuer writes another name where this server asks it:',
    ],
  ])('that %s, the operator is told what to change', async (_what, set, line) => {
    await call(basic('mcp', 'secret'), set);
    expect(told.at(-1)).toContain(line);
  });
});
