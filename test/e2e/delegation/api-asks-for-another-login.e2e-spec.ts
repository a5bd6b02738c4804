import { Controller, Get } from '@nestjs/common';
import { Delegated, type DelegatedFetch, RequireScopes } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { connect, startMcpApp, type TestApp } from '../../support/app.js';
import { type Loopback, startLoopback } from '../../support/loopback.js';
import { ordersTarget } from '../../support/orders.js';
import { startWorld, type World } from '../../support/world.js';

const CLAIMS = '{"access_token":{"acrs":{"essential":true,"value":"c1"}}}';
const base64 = (text: string): string => Buffer.from(text).toString('base64');

const ofUser = (orders: DelegatedFetch) => orders.json('/orders/1');

@ToolController()
@RequireScopes('orders:read')
class Tools {
  @Tool({ name: 'get_order' })
  order(@Delegated('orders_api') orders: DelegatedFetch) {
    return ofUser(orders);
  }
}

@Controller()
@RequireScopes('orders:read')
class OrderController {
  @Get('on-behalf')
  onBehalf(@Delegated('orders_api') orders: DelegatedFetch) {
    return ofUser(orders);
  }

  @Get('service')
  service(@Delegated('told_api') orders: DelegatedFetch) {
    return ofUser(orders);
  }

  @Get('foreign')
  foreign(@Delegated('foreign_api') orders: DelegatedFetch) {
    return ofUser(orders);
  }

  @Get('raw')
  async raw(@Delegated('orders_api') orders: DelegatedFetch) {
    return { status: (await orders('/orders/1')).status };
  }
}

describe('an API that asks for another login of the user', () => {
  let world: World;
  let api: Loopback;
  let app: TestApp;
  let challenge: string | string[];
  let status = 401;

  beforeAll(async () => {
    world = await startWorld();
    api = await startLoopback((_request, response) =>
      response.writeHead(status, { 'www-authenticate': challenge }).end('{"detail":"row 17"}'),
    );
    const target = ordersTarget(world, api.url);
    app = await startMcpApp(world, {
      providers: [Tools],
      controllers: [OrderController],
      options: {
        targets: {
          orders_api: target,
          told_api: { ...target, mode: 'service_identity' },
          foreign_api: { ...target, mode: 'service_identity', external: true },
        },
      },
    });
  });
  afterAll(() => Promise.all([app, api, world].map(one => one?.close())));
  beforeEach(() => {
    status = 401;
  });

  const get = (path: string) =>
    fetch(`${app.url}/${path}`, { headers: { authorization: `Bearer ${world.userToken()}` } });

  it.each<[what: string, said: string | string[], told: string[]]>([
    [
      'by RFC 9470',
      'Bearer error="insufficient_user_authentication", error_description="x", acr_values="phr urn:mfa", max_age="300"',
      ['error="insufficient_user_authentication"', 'acr_values="phr urn:mfa"', 'max_age="300"'],
    ],
    [
      'by RFC 9470, in a challenge after another',
      ['Basic realm="a", charset="UTF-8"', 'DPoP algs="ES256", error=insufficient_user_authentication, max_age=0'],
      ['error="insufficient_user_authentication"', 'max_age="0"'],
    ],
    [
      'as Entra ID does, with claims',
      `Bearer realm="", authorization_uri="https://login.microsoftonline.com/common/oauth2/authorize", error="insufficient_claims", claims="${base64(CLAIMS)}"`,
      ['error="insufficient_claims"', `claims="${base64(CLAIMS)}"`],
    ],
  ])('%s is heard by the client, with its terms and no other text', async (_how, said, told) => {
    challenge = said;
    const answer = await get('on-behalf');
    const heard = answer.headers.get('www-authenticate')!;
    expect(answer.status).toBe(401);
    for (const one of told) expect(heard).toContain(one);
    expect(heard).toContain('resource_metadata=');
    for (const one of ['realm', 'microsoftonline', '"x"', 'Basic']) expect(heard).not.toContain(one);
    expect(await answer.text()).not.toContain('row 17');
    expect(app.auditLog.last('delegation.outcome')).toMatchObject({ outcome: 'refused', reason: 'http_401' });
    expect(app.auditLog.last('execution.outcome')).toMatchObject({ reason: 'delegation_step_up' });
  });

  it('is heard through a tool too', async () => {
    challenge = `Bearer error="insufficient_claims", claims="${base64(CLAIMS)}"`;
    const client = await connect(app.url, world.userToken());
    const { isError, structuredContent } = await client.callTool({ name: 'get_order', arguments: {} });
    await client.close();
    expect({ isError, structuredContent }).toMatchObject({
      isError: true,
      structuredContent: {
        code: 'delegation_step_up',
        challenge: expect.stringContaining(`claims="${base64(CLAIMS)}"`),
      },
    });
  });

  it('is heard where only the Txn-Token names the user', async () => {
    challenge = 'Bearer error="insufficient_user_authentication", acr_values="phr"';
    const answer = await get('service');
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([
      401,
      expect.stringContaining('acr_values="phr"'),
    ]);
  });

  it('is not heard where the API does not know the user: it means this server', async () => {
    challenge = 'Bearer error="insufficient_user_authentication", acr_values="phr"';
    const answer = await get('foreign');
    expect([answer.status, answer.headers.get('www-authenticate')]).toEqual([502, null]);
  });

  it('is not heard where the claims are missing in the token of this server', async () => {
    challenge = `Bearer error="insufficient_claims", claims="${base64(CLAIMS)}"`;
    expect((await get('service')).status).toBe(502);
  });

  it('gives its answer to a handler that calls the fetch itself', async () => {
    challenge = 'Bearer error="insufficient_user_authentication"';
    expect(await (await get('raw')).json()).toEqual({ status: 401 });
  });

  it.each<[what: string, said: string, status?: number]>([
    ['another error', 'Bearer error="invalid_request", acr_values="phr"'],
    ['no challenge', 'Basic realm="error=insufficient"'],
    ['a 403', 'Bearer error="insufficient_user_authentication"', 403],
    ['no claims', 'Bearer error="insufficient_claims"'],
    ['claims that are no object', `Bearer error="insufficient_claims", claims="${base64('"c1"')}"`],
    [
      'claims that are too long',
      `Bearer error="insufficient_claims", claims="${base64(`{"a":"${'a'.repeat(2048)}"}`)}"`,
    ],
  ])('is not what answers with %s', async (_what, said, code = 401) => {
    [challenge, status] = [said, code];
    expect((await get('on-behalf')).status).toBe(502);
  });

  it('can put nothing else into the challenge of this server', async () => {
    challenge =
      'Bearer error="insufficient_user_authentication", acr_values="a\\", resource_metadata=\\"https://evil.test", max_age="-1"';
    const heard = (await get('on-behalf')).headers.get('www-authenticate')!;
    expect(heard).toMatch(
      /^Bearer error="insufficient_user_authentication", error_description="[^"]+", resource_metadata="[^"]+"/,
    );
    expect(heard).not.toContain('evil');
    expect(heard).not.toContain('max_age');
  });
});
