import { type KeyObject } from 'node:crypto';
import { Controller, Get } from '@nestjs/common';
import { exportJWK, type JWK, SignJWT } from 'jose';
import { newKeyPair } from '../support/key-pair.js';
import {
  Authenticated,
  type EieOptions,
  Identity,
  IdentityRevocation,
  type IssuerOptions,
  IssuerSource,
} from 'nestjs-eie';
import { startApp, type TestApp } from '../support/app.js';
import { type Loopback, startLoopback } from '../support/loopback.js';
import { until } from '../support/until.js';
import { MCP, startWorld, type World } from '../support/world.js';

@Controller('me')
class MeController {
  @Get()
  @Authenticated()
  me(@Identity('actor.sub') sub: string) {
    return sub;
  }
}

class Tenants extends IssuerSource {
  readonly advertised = [];
  known: IssuerOptions[] = [];

  async find(issuer: string) {
    return this.known.find(one => one.issuer === issuer);
  }
}

interface Key {
  kid: string;
  jwk: JWK;
  key: KeyObject;
}

async function newKey(kid: string): Promise<Key> {
  const { privateKey, publicKey } = newKeyPair();
  return { kid, key: privateKey, jwk: { ...(await exportJWK(publicKey)), kid } };
}

const HOUR = 3600;

describe('a clock that is set back by an hour', () => {
  let world: World;
  let issuer: Loopback;
  let app: TestApp | undefined;
  /** Seconds since the epoch. */
  let now: number;
  let published: Key[];
  /** What the issuer says of opaque tokens. */
  let said: Record<string, object>;

  beforeAll(async () => {
    world = await startWorld();
    issuer = await startLoopback((request, response) => {
      if (request.url === '/jwks') return void response.end(JSON.stringify({ keys: published.map(({ jwk }) => jwk) }));
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () =>
        response.end(JSON.stringify(said[new URLSearchParams(body).get('token') ?? ''] ?? { active: false })),
      );
    });
  });
  beforeEach(async () => {
    now = Math.floor(Date.now() / 1000);
    published = [await newKey('k-0')];
    said = {};
  });
  afterEach(() => app?.close());
  afterAll(() => Promise.all([issuer, world].map(one => one.close())));

  const configured = (): IssuerOptions => ({
    issuer: issuer.url,
    jwksUri: `${issuer.url}/jwks`,
    algorithms: ['ES256'],
    actorType: { user: { claim: 'sub_profile', values: ['user'] } },
    opaqueTokens: true,
    client: { clientId: 'mcp', auth: { method: 'client_secret_basic', secret: 'secret' } },
    metadata: { tokenEndpoint: `${issuer.url}/token`, introspectionEndpoint: `${issuer.url}/introspect` },
  });
  const start = async (options: Partial<EieOptions> = {}) => {
    app = await startApp(world, {
      adapter: 'fastify',
      controllers: [MeController],
      options: { issuers: [configured()], ports: { clock: () => now * 1000 }, ...options },
    });
  };
  /** Old enough to be of the past on the clock that is set back, and alive on both. */
  const claims = () => ({
    sub: 'alice',
    client_id: 'desk',
    aud: MCP,
    sub_profile: 'user',
    iat: now - 2 * HOUR,
    exp: now + 2 * HOUR,
  });
  const token = ({ key, kid } = published[0]!) =>
    new SignJWT({ iss: issuer.url, ...claims() }).setProtectedHeader({ alg: 'ES256', typ: 'at+jwt', kid }).sign(key);
  const get = async (bearer: string) =>
    (await fetch(`${app!.url}/me`, { headers: { authorization: `Bearer ${bearer}` } })).status;
  const refused = (reason: string) =>
    expect(app!.auditLog.events.at(-1)).toMatchObject({ type: 'admission.refused', reason, actor_sub: null });

  it('does not keep a withdrawn key alive, and fetches twice for it at most', async () => {
    await start();
    const bearer = await token();
    expect(await get(bearer)).toBe(200);
    published = [await newKey('k-1')];
    now -= HOUR;
    const fetched = issuer.requests.length;
    // Known keys are believed until the new ones are there, some milliseconds later.
    await until(async () => (await get(bearer)) === 401);
    for (let i = 0; i < 5; i++) expect(await get(bearer)).toBe(401);
    refused('key_unknown');
    expect(issuer.requests.length - fetched).toBeLessThanOrEqual(2);
  });

  it('does not keep a new key from being found', async () => {
    await start();
    expect(await get(await token())).toBe(200);
    published = [await newKey('k-1')];
    now -= HOUR;
    expect(await get(await token())).toBe(200);
  });

  it('does not make good keys unknown while their issuer is down', async () => {
    let isUp = true;
    const jwks = await startLoopback((_request, response) =>
      isUp ? response.end(JSON.stringify({ keys: published.map(({ jwk }) => jwk) })) : response.writeHead(500).end(),
    );
    await start({ issuers: [{ ...configured(), jwksUri: `${jwks.url}/jwks` }] });
    expect(await get(await token())).toBe(200);
    isUp = false;
    now -= HOUR;
    for (let i = 0; i < 3; i++) expect(await get(await token())).toBe(200);
    await jwks.close();
  });

  it('does not keep an issuer believed that its source took away, nor one unknown that it added', async () => {
    const issuerSource = new Tenants();
    await start({ issuers: [issuerSource] });
    const bearer = await token();
    expect(await get(bearer)).toBe(401);
    refused('issuer_unknown');
    const { opaqueTokens: _, ...options } = configured();
    issuerSource.known = [options];
    now -= HOUR;
    expect(await get(bearer)).toBe(200);
    issuerSource.known = [];
    now -= HOUR / 2;
    expect(await get(bearer)).toBe(401);
    refused('issuer_unknown');
  });

  it('does not keep an opaque token believed that its issuer ended, nor one inactive that it knows now', async () => {
    await start();
    said.given = { active: true, ...claims() };
    expect(await get('given')).toBe(200);
    expect(await get('late')).toBe(401);
    refused('token_inactive');
    now -= HOUR;
    said = { late: { active: true, ...claims() } };
    expect(await get('given')).toBe(401);
    refused('token_inactive');
    expect(await get('late')).toBe(200);
  });

  it('does not end a revocation', async () => {
    await start();
    const bearer = await token();
    await app!.app.get(IdentityRevocation).purge({ issuer: issuer.url, sub: 'alice' });
    for (const back of [HOUR, 5, -5, -HOUR]) {
      now -= back;
      expect(await get(bearer)).toBe(401);
      refused('identity_revoked');
    }
  });
});
