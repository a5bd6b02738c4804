import { type ClientOptions, type IssuerOptions, type TargetOptions } from 'nestjs-eie';
import { type ExchangeOptions } from 'nestjs-eie/presets';
import { startApp } from '../support/app.js';
import { declaring } from '../support/declaring.js';
import { ORDERS, startWorld, type World } from '../support/world.js';
import { ISSUER, issuerOptions, rfc8693Fake, userToken } from './fakes/rfc8693.js';
import { byCertificate, byKey, bySecret, THUMBPRINT } from './keys.js';
import { type Called, startShop } from './shop.js';
import { startTokenEndpoint } from './token-endpoint.js';

const ID = 'mcp-server:eu+1';
const TOKEN_ENDPOINT = `${ISSUER}/token`;
const target = { resource: ORDERS, scopes: ['orders:read'] };

async function called(
  client: ClientOptions,
  { exchange, audience = ISSUER }: { exchange?: ExchangeOptions; audience?: string } = {},
): Promise<Called> {
  const shop = await startShop(
    await startTokenEndpoint({ ...rfc8693Fake(client), assertionAudience: audience }),
    issuerOptions(exchange, client),
    target,
  );
  return shop.call('service', userToken).finally(() => shop.close());
}

const GRANT = { grant_type: 'client_credentials', resource: ORDERS, scope: 'orders:read' };

describe('the server proves itself at a token endpoint', () => {
  it('by client_secret_basic: in the header, with nothing of it in the body', async () => {
    const { result, asked } = await called(bySecret(ID, 'client_secret_basic'));
    expect({ result, asked }).toEqual({
      result: 'ok',
      asked: [{ client: { id: ID, method: 'client_secret_basic' }, parameters: GRANT }],
    });
  });

  it('by client_secret_post: in the body, with nothing of it in the header', async () => {
    const { result, asked } = await called(bySecret(ID, 'client_secret_post'));
    const parameters = { ...GRANT, client_id: ID, client_secret: `secret of ${ID}: 100%+` };
    expect({ result, asked }).toEqual({
      result: 'ok',
      asked: [{ client: { id: ID, method: 'client_secret_post' }, parameters }],
    });
  });

  it('by private_key_jwt: with an assertion for that issuer, which lives a minute', async () => {
    const { result, asked } = await called(byKey(ID));
    const parameters = {
      ...GRANT,
      client_id: ID,
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: expect.any(String),
    };
    expect({ result, asked }).toMatchObject({
      result: 'ok',
      asked: [{ client: { id: ID, method: 'private_key_jwt' }, parameters }],
    });
    const { header, claims } = asked[0]!.assertion!;
    expect(header).toEqual({ alg: 'RS256', kid: 'mcp-server-1' });
    expect(claims).toMatchObject({ iss: ID, sub: ID, aud: ISSUER, jti: expect.any(String) });
    expect(claims.exp! - claims.iat!).toBe(60);
  });

  it('by private_key_jwt at an issuer that wants to be named by its token endpoint', async () => {
    const { result, asked } = await called(byKey(ID), {
      exchange: { assertionAudience: 'token_endpoint' },
      audience: TOKEN_ENDPOINT,
    });
    expect({ result, aud: asked[0]!.assertion!.claims.aud }).toEqual({ result: 'ok', aud: TOKEN_ENDPOINT });
  });

  it('by private_key_jwt at an issuer that knows a certificate', async () => {
    const { result, asked } = await called(byCertificate(ID));
    expect({ result, header: asked[0]!.assertion!.header }).toEqual({
      result: 'ok',
      header: { alg: 'PS256', typ: 'JWT', 'x5t#S256': THUMBPRINT },
    });
  });

  it.each<[what: string, client: ClientOptions, audience: string]>([
    ['another secret', { clientId: ID, auth: { method: 'client_secret_basic', secret: 'wrong' } }, ISSUER],
    ['another method', bySecret(ID, 'client_secret_post'), ISSUER],
    ['an assertion for somebody else', byKey(ID), 'https://other.shop.test'],
  ])('and with %s it gets nothing: that is a mistake of the operator', async (_what, client, audience) => {
    const known = client.auth.method === 'private_key_jwt' ? client : bySecret(ID, 'client_secret_basic');
    const shop = await startShop(
      await startTokenEndpoint({ ...rfc8693Fake(known), assertionAudience: audience }),
      issuerOptions({}, client),
      target,
    );
    const { result, sent } = await shop.call('service', userToken).finally(() => shop.close());
    expect({ result, sent }).toEqual({ result: 'delegation_misconfigured', sent: [] });
  });
});

describe('a target with a client of its own', () => {
  it('is the only one that is called as that client', async () => {
    const [own, issuers] = [bySecret('orders-caller', 'client_secret_basic'), byKey(ID)];
    const shop = await startShop(
      await startTokenEndpoint({ ...rfc8693Fake(), clients: [own, issuers] }),
      issuerOptions({}, issuers),
      target,
      { client: own },
    );
    const calls = [await shop.call('service', userToken), await shop.call('impersonated', userToken)];
    await shop.close();
    expect(calls.map(({ result, asked }) => [result, asked[0]!.client.id])).toEqual([
      ['ok', 'orders-caller'],
      ['ok', ID],
    ]);
  });

  it('is not that client at the issuer of a tenant: what proves it is never shown to another', async () => {
    const world = await startWorld();
    const other = { ...issuerOptions({}, byKey('elsewhere')), issuer: 'https://other.shop.test' };
    const orders: TargetOptions = {
      ...target,
      mode: 'service_identity',
      baseUrl: 'https://orders.test',
      issuer: ISSUER,
      client: bySecret('own', 'client_secret_basic'),
      tenants: { acme: { issuer: other.issuer } },
    };
    const boot = (issuer: IssuerOptions) =>
      startApp(world, {
        controllers: [declaring('orders')],
        options: { issuers: [issuerOptions(), issuer], targets: { orders } },
      });
    await (await boot(other)).close();
    await expect(boot({ ...other, client: undefined as never })).rejects.toThrow(
      'targets.orders.tenants.acme needs a token of https://other.shop.test',
    );
    await world.close();
  });
});

describe('a key of a client that cannot be used stops the boot, not the first call:', () => {
  const key = byKey(ID).auth.key!;
  /** Nothing is asked of the issuer: it need not be there. */
  const nowhere = { issuerOptions: () => undefined } as unknown as World;
  const start = (client: ClientOptions, own?: ClientOptions) => {
    const orders: TargetOptions = {
      ...target,
      mode: 'service_identity',
      baseUrl: 'https://orders.test',
      issuer: ISSUER,
      ...(own && { client: own }),
    };
    return startApp(nowhere, {
      controllers: [declaring('orders')],
      options: { issuers: [issuerOptions({}, client)], targets: { orders } },
    });
  };
  const auth = (changes: object): ClientOptions => ({
    clientId: ID,
    auth: { method: 'private_key_jwt', key: { ...key, ...changes } },
  });

  it.each<[what: string, client: ClientOptions, message: RegExp]>([
    ['a public key', auth({ d: undefined }), /issuers\[.*\]\.client\.auth\.key must be a private JWK/],
    ['a key that cannot be read', auth({ p: 'x' }), /issuers\[.*\]\.client\.auth\.key cannot be read as a private key/],
    ['an RSA key without its algorithm', auth({ alg: undefined }), /issuers\[.*\]\.client\.auth\.key needs "alg"/],
    [
      'a key and a signer',
      {
        clientId: ID,
        auth: { ...auth({}).auth, signer: { alg: 'RS256', publicKey: {}, sign: async () => Buffer.of() } },
      },
      /client\.auth\.signer must be \{ kid, alg, publicKey, sign\(\) \}, without a "key" beside it/,
    ],
    [
      'neither',
      { clientId: ID, auth: { method: 'private_key_jwt' } },
      /client\.auth\.key must be a private JWK with "alg" and "kid"; .* or give a "signer"/,
    ],
  ])('%s', async (_what, client, message) => {
    const boot = start(client);
    await expect(boot).rejects.toMatchObject({
      name: 'EieConfigurationError',
      message: expect.stringMatching(message),
    });
    await expect(boot).rejects.not.toThrow(key.d);
  });

  it('the client of a target, which is named', async () => {
    const boot = start(byKey(ID), auth({ p: 'x' }));
    await expect(boot).rejects.toThrow(/targets\.orders\.client\.auth\.key cannot be read as a private key/);
  });
});
