import { type CanActivate, Controller, type ExecutionContext, Get, Injectable, Req } from '@nestjs/common';
import {
  Authenticated,
  type EieOptions,
  Identity,
  type IssuerOptions,
  IssuerSource,
  Public,
  Unmanaged,
} from 'nestjs-eie';
import { EieReceiverModule } from 'nestjs-eie/receiver';
import { Test } from '@nestjs/testing';
import { ADAPTERS, type Adapter, startApp, type TestApp } from '../support/app.js';
import { sendRaw } from '../support/loopback.js';
import { MCP, startWorld, type World } from '../support/world.js';

interface Incoming {
  headers: Record<string, unknown>;
  rawHeaders?: string[];
  raw?: { rawHeaders: string[]; headersDistinct: object };
}

/** Everything that application code can read of the headers of its request. */
const seen = ({ headers, rawHeaders, raw }: Incoming): string =>
  JSON.stringify([{ ...headers }, rawHeaders ?? raw?.rawHeaders, raw?.headersDistinct ?? {}]);

@Injectable()
class OwnGuard implements CanActivate {
  static seen = '';

  canActivate(context: ExecutionContext): boolean {
    OwnGuard.seen = seen(context.switchToHttp().getRequest<Incoming>());
    return true;
  }
}

@Controller()
class Handlers {
  @Get('me')
  @Authenticated()
  me(@Identity('actor.sub') sub: string, @Req() request: Incoming) {
    return { sub, seen: seen(request) };
  }

  @Get('open')
  @Public({ reason: 'everybody may read it' })
  open(@Req() request: Incoming) {
    return { seen: seen(request) };
  }

  @Get('own')
  @Unmanaged(OwnGuard, { reason: 'its callers have API keys' })
  own(@Req() request: Incoming) {
    return { seen: seen(request) };
  }
}

const HEADER = 'x-goog-iap-jwt-assertion';

describe.each(ADAPTERS)('an issuer whose tokens a proxy hands on in a header of its own, on %s', adapter => {
  let proxied: World;
  let direct: World;
  let app: TestApp;
  let withScheme: TestApp;

  const start = (tokenHeader: IssuerOptions['tokenHeader'], options: Partial<EieOptions> = {}) =>
    startApp(proxied, {
      adapter,
      controllers: [Handlers],
      providers: [OwnGuard],
      options: { issuers: [proxied.issuerOptions({ tokenHeader: tokenHeader! }), direct.issuerOptions()], ...options },
    });
  beforeAll(async () => {
    [proxied, direct] = await Promise.all([startWorld(), startWorld()]);
    app = await start({ name: 'X-Goog-IAP-JWT-Assertion' });
    withScheme = await start({ name: 'x-token', scheme: 'Assertion' });
  });
  afterAll(async () => void (await Promise.all([app, withScheme, proxied, direct].map(part => part.close()))));

  async function get(headers: string[], { path = '/me', at = app } = {}) {
    const records = at.auditLog.events.length;
    const { status, body } = await sendRaw(at.url + path, { headers });
    const { sub, seen: read } = JSON.parse(body) as { sub?: string; seen?: string };
    const reason = at.auditLog.events.slice(records).find(({ outcome }) => outcome === 'refused')?.reason;
    return { status, sub, read, reason };
  }

  it('is read from that header, whatever its case, and the handler sees neither it nor a copy', async () => {
    const token = proxied.userToken();
    for (const name of [HEADER, HEADER.toUpperCase()]) {
      const { status, sub, read } = await get([name, token, 'X-Copy', `prefix ${token}`, 'X-Kept', 'kept']);
      expect({ status, sub }).toEqual({ status: 200, sub: 'alice' });
      expect(read).toContain('kept');
      expect(read).not.toContain(token);
      expect(read!.toLowerCase()).not.toContain(HEADER);
    }
  });

  it('is never read from Authorization', async () => {
    expect(await get(['Authorization', `Bearer ${proxied.userToken()}`])).toMatchObject({
      status: 401,
      reason: 'issuer_unknown',
    });
  });

  it('leaves Authorization to the other issuers, whose tokens are never read from that header', async () => {
    expect(await get(['Authorization', `Bearer ${direct.userToken()}`])).toMatchObject({ status: 200, sub: 'alice' });
    expect(await get([HEADER, direct.userToken()])).toMatchObject({ status: 401, reason: 'issuer_unknown' });
  });

  it('does not become another one because its token is remembered', async () => {
    const token = proxied.userToken();
    expect((await get([HEADER, token])).status).toBe(200);
    expect((await get(['Authorization', `Bearer ${token}`])).status).toBe(401);
  });

  it.each<[string, (world: { proxied: string; direct: string }) => string[]]>([
    [
      'a bearer token of another issuer',
      tokens => [HEADER, tokens.proxied, 'Authorization', `Bearer ${tokens.direct}`],
    ],
    ['the same token', tokens => [HEADER, tokens.proxied, 'Authorization', `Bearer ${tokens.proxied}`]],
    ['a second one', tokens => [HEADER, tokens.proxied, HEADER, tokens.proxied]],
    ['a bearer token after a comma', tokens => [HEADER, tokens.proxied, 'Authorization', `Bearer,${tokens.direct}`]],
    ['a token after a colon', tokens => [HEADER, tokens.proxied, 'Authorization', `dpop:${tokens.direct}`]],
    ['a token of another scheme', tokens => [HEADER, tokens.proxied, 'Authorization', `Token "${tokens.direct}"`]],
    ['a token without a scheme', tokens => [HEADER, tokens.proxied, 'Authorization', tokens.direct]],
    ['a bearer token, while it is empty itself', tokens => [HEADER, '', 'Authorization', `Bearer ${tokens.direct}`]],
  ])('beside %s is a malformed request', async (_what, headers) => {
    const tokens = { proxied: proxied.userToken(), direct: direct.userToken() };
    expect(await get(headers(tokens))).toMatchObject({ status: 400, reason: 'request_malformed' });
  });

  it('leaves a password in Authorization to the application, and no other token', async () => {
    const [token, other] = [proxied.userToken(), direct.userToken()];
    expect((await get([HEADER, token, 'Authorization', 'Basic dXNlcjpzZWNyZXQ='])).read).toContain('dXNlcjpzZWNyZXQ=');
    for (const value of [`Bearer,${other}`, `Token ${other}`]) {
      const { status, read } = await get([HEADER, token, 'Authorization', value], { path: '/open' });
      expect([status, read!.includes(other)]).toEqual([200, false]);
    }
  });

  it('is taken off public and unmanaged handlers too, and lent to no guard of the application', async () => {
    const token = proxied.userToken();
    for (const path of ['/open', '/own']) {
      const { status, read } = await get([HEADER, token], { path });
      expect(status).toBe(200);
      expect(read).not.toContain(token);
    }
    expect(OwnGuard.seen).not.toContain(token);
  });

  it('lends what was issued for somebody else, as it lends other credentials', async () => {
    const foreign = proxied.userToken({ claims: { aud: 'https://other.test' } });
    const { read } = await get([HEADER, foreign], { path: '/own' });
    expect(OwnGuard.seen).toContain(foreign);
    expect(read).not.toContain(foreign);
  });

  it('is sealed like any other: what checks a token checks it', async () => {
    expect(await get([HEADER, proxied.userToken({ claims: { aud: 'https://other.test' } })])).toMatchObject({
      status: 401,
      reason: 'audience_refused',
    });
    expect(await get([HEADER, 'no token at all'])).toMatchObject({ status: 400, reason: 'request_malformed' });
  });

  it('may stand behind a word that the operator names, and then only there', async () => {
    const at = withScheme;
    const token = proxied.userToken();
    const { status, read } = await get(['X-Token', `assertion ${token}`, 'X-Copy', token], { at });
    expect(status).toBe(200);
    expect(read).not.toContain(token);
    for (const value of [token, `Bearer ${token}`])
      expect(await get(['X-Token', value], { at })).toMatchObject({ status: 401, reason: 'credentials_missing' });
  });

  it('is not named in the metadata: no client gets a token there', async () => {
    const response = await fetch(`${app.url}/.well-known/oauth-protected-resource`);
    expect(await response.json()).toMatchObject({ authorization_servers: [direct.issuer] });
  });
});

describe('a header of an issuer', () => {
  let world: World;
  beforeAll(async () => void (world = await startWorld()));
  afterAll(() => world.close());
  const start = (issuers: EieOptions['issuers'], adapter: Adapter = 'express') =>
    startApp(world, { adapter, controllers: [Handlers], providers: [OwnGuard], options: { issuers } });
  const withHeader = (tokenHeader: object) => world.issuerOptions({ tokenHeader } as Partial<IssuerOptions>);

  it.each(['Authorization', 'cookie', 'DPoP', 'txn-token', 'x y', ''])('cannot be %s', async name => {
    await expect(start([withHeader({ name })])).rejects.toThrow(/issuers\[0\]\.tokenHeader\.name must be the name/);
  });

  it('cannot be read in two ways', async () => {
    const other = { ...withHeader({ name: 'X-Token', scheme: 'Bearer' }), issuer: 'https://other.test' };
    await expect(start([withHeader({ name: 'x-token' }), other])).rejects.toThrow(
      'two issuers use the header "x-token" with different schemes',
    );
  });

  it('leaves no empty list in the metadata, where no issuer gives tokens to clients', async () => {
    const app = await start([withHeader({ name: HEADER })]);
    const metadata = (await (await fetch(`${app.url}/.well-known/oauth-protected-resource`)).json()) as object;
    expect(metadata).toMatchObject({ resource: MCP });
    expect(metadata).not.toHaveProperty('authorization_servers');
    await app.close();
  });

  it('is not for an issuer that a source finds: the edge must know it before', async () => {
    const found = withHeader({ name: HEADER });
    class Source extends IssuerSource {
      readonly advertised = [];
      find = () => Promise.resolve(found);
    }
    const app = await start([new Source()]);
    for (const headers of [
      [HEADER, world.userToken()],
      ['Authorization', `Bearer ${world.userToken()}`],
    ])
      expect((await sendRaw(`${app.url}/me`, { headers })).status).not.toBe(200);
    await app.close();
  });

  it('is not for a receiver, whose callers are servers', async () => {
    const trust = {
      trustDomain: 'shop.test',
      issuers: [{ issuer: MCP, jwks: world.sealing.jwks, presenters: [{ issuer: world.issuer, clientId: 'mcp' }] }],
    };
    const options = {
      service: 'orders',
      resource: 'https://orders.test',
      issuers: [withHeader({ name: HEADER })],
      trust,
    };
    await expect(Test.createTestingModule({ imports: [EieReceiverModule.forRoot(options)] }).compile()).rejects.toThrow(
      `issuers[].tokenHeader of ${world.issuer} must be left out at a receiver`,
    );
  });
});
