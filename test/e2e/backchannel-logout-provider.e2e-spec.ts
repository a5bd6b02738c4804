import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { type AddressInfo } from 'node:net';
import { Controller, Get } from '@nestjs/common';
import { exportJWK, SignJWT } from 'jose';
import { Authenticated, Identity } from 'nestjs-eie';
import { newKeyPair } from '../../src/authorization-server/key-pair.js';
import { Provider } from '../../src/authorization-server/oidc-provider.js';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { MCP } from '../support/world.js';

@Controller('me')
class MeController {
  @Get()
  @Authenticated()
  me(@Identity('actor.sub') sub: string) {
    return sub;
  }
}

describe.each(ADAPTERS)('a provider that logs its users out at the back channel, %s,', adapter => {
  let server: Server;
  let app: TestApp;
  let provider: InstanceType<typeof Provider>;
  let tokenOf: (sub: string, sid: string) => Promise<string>;

  beforeAll(async () => {
    server = createServer();
    await once(server.listen(0, '127.0.0.1'), 'listening');
    const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    const { privateKey } = newKeyPair();
    const jwk = { ...(await exportJWK(privateKey)), kid: 'op-1', alg: 'ES256', use: 'sig' };
    app = await startApp(
      {
        issuerOptions: () => ({
          issuer,
          jwksUri: `${issuer}/jwks`,
          algorithms: ['ES256'],
          actorType: { user: { claim: 'sub', differsFrom: 'client_id' } },
        }),
      },
      {
        adapter,
        controllers: [MeController],
        options: { authorization: { signals: { logout: { clients: { [issuer]: ['by-session', 'by-user'] } } } } },
      },
    );
    const client = (client_id: string, backchannel_logout_session_required: boolean) => ({
      client_id,
      client_secret: 'a secret of this client',
      redirect_uris: ['https://client.test/callback'],
      id_token_signed_response_alg: 'ES256' as const,
      backchannel_logout_uri: `${app.url}/backchannel-logout`,
      backchannel_logout_session_required,
    });
    provider = new Provider(issuer, {
      jwks: { keys: [jwk] as never },
      clients: [client('by-session', true), client('by-user', false)],
      enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
      cookies: { keys: ['for this test'] },
      fetch: (input, init) => fetch(input, init),
      features: { backchannelLogout: { enabled: true }, devInteractions: { enabled: false } },
      ttl: { IdToken: 300 },
    });
    const respond = provider.callback();
    server.on('request', (request, response) => void respond(request, response));
    tokenOf = (sub, sid) =>
      new SignJWT({ iss: issuer, aud: MCP, sub, sid, client_id: 'agent', scope: 'orders:read' })
        .setProtectedHeader({ alg: 'ES256', kid: 'op-1', typ: 'at+jwt' })
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(privateKey);
  });
  afterAll(async () => {
    await app?.close();
    server.close();
    server.closeAllConnections();
  });

  const call = async (bearer: string) =>
    (await fetch(`${app.url}/me`, { headers: { authorization: `Bearer ${bearer}` } })).status;
  /** As its end-session endpoint does it for each client of the session. It throws unless the answer is 200. */
  const logOut = async (client: string, sub: string, sid: string) => {
    const found = (await provider.Client.find(client)) as unknown as {
      backchannelLogout(sub: string, sid: string): Promise<void>;
    };
    await found.backchannelLogout(sub, sid);
  };

  it('ends one session where it names the session', async () => {
    const [ended, other] = await Promise.all([tokenOf('alice', 's-1'), tokenOf('alice', 's-2')]);
    expect([await call(ended), await call(other)]).toEqual([200, 200]);
    await logOut('by-session', 'alice', 's-1');
    expect([await call(ended), await call(other)]).toEqual([401, 200]);
  });

  it('ends every session of a user where it names none', async () => {
    const tokens = await Promise.all([tokenOf('bob', 's-3'), tokenOf('bob', 's-4'), tokenOf('carol', 's-5')]);
    expect(await Promise.all(tokens.map(call))).toEqual([200, 200, 200]);
    await logOut('by-user', 'bob', 's-3');
    expect(await Promise.all(tokens.map(call))).toEqual([401, 401, 200]);
  });
});
