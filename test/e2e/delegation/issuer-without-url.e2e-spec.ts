import { Controller, Get } from '@nestjs/common';
import { type JWTPayload, SignJWT } from 'jose';
import { Delegated, type DelegatedFetch, type IssuerOptions, RequireScopes } from 'nestjs-eie';
import { startApp, type TestApp } from '../../support/app.js';
import { tokenAnswer } from '../../support/lying-issuer.js';
import { type Loopback, startLoopback } from '../../support/loopback.js';
import { MCP, ORDERS, SERVER_CLIENT, startWorld, type World } from '../../support/world.js';
import { newKeyPair } from '../../support/key-pair.js';

@Controller('call')
class CallingController {
  @Get()
  @RequireScopes('orders:read')
  async call(@Delegated('orders_api') orders: DelegatedFetch) {
    return (await orders('/orders')).status;
  }
}

const { privateKey, publicKey } = newKeyPair();

describe('an issuer whose name is no URL and who keeps RFC 9068', () => {
  let world: World;
  let api: Loopback;
  let endpoint: Loopback;
  let app: TestApp;
  let answer = tokenAnswer({});
  const sign = (claims: JWTPayload) =>
    new SignJWT({ iss: 'acme.com', aud: ORDERS, client_id: SERVER_CLIENT, scope: 'orders:read', ...claims })
      .setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid: 'k' })
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(privateKey);

  beforeEach(async () => {
    world = await startWorld();
    api = await startLoopback();
    endpoint = await startLoopback((request, response) => answer(request, response));
    const issuer: IssuerOptions = {
      issuer: 'acme.com',
      jwks: { keys: [{ ...publicKey.export({ format: 'jwk' }), kid: 'k' }] },
      algorithms: ['ES256'],
      actorType: { user: { claim: 'sub', differsFrom: 'client_id' } },
      client: { clientId: SERVER_CLIENT, auth: { method: 'client_secret_basic', secret: 'secret' } },
      metadata: { tokenEndpoint: `${endpoint.url}/token` },
    };
    const target = {
      mode: 'service_identity' as const,
      baseUrl: api.url,
      issuer: 'acme.com',
      resource: ORDERS,
      scopes: ['orders:read'],
    };
    app = await startApp(world, {
      controllers: [CallingController],
      options: { issuers: [issuer], targets: { orders_api: target } },
    });
  });
  afterEach(() => Promise.all([app.close(), api.close(), endpoint.close(), world.close()]));

  const call = async (own: JWTPayload) => {
    answer = tokenAnswer({ access_token: await sign(own), token_type: 'Bearer' });
    const token = await sign({ aud: MCP, sub: 'alice', client_id: 'desk-copilot' });
    return (await fetch(`${app.url}/call`, { headers: { authorization: `Bearer ${token}` } })).status;
  };

  it.each<[what: string, own: JWTPayload]>([
    ['whose subject is this server', { sub: SERVER_CLIENT }],
    ['that names no subject', {}],
  ])('is asked at its token endpoint, and a token %s is used', async (_what, own) => {
    expect(await call(own)).toBe(200);
    expect(endpoint.requests).toHaveLength(1);
    expect(api.requests).toHaveLength(1);
  });

  it('is not believed when it gives the token of a user for that of this server', async () => {
    expect(await call({ sub: 'alice' })).toBe(502);
    expect(app.auditLog.last('delegation.outcome')).toMatchObject({ reason: 'delegated_token_refused' });
    expect(api.requests).toEqual([]);
  });
});
