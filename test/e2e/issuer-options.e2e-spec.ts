import { Controller, Get } from '@nestjs/common';
import { exportJWK, generateKeyPair, type JWTPayload, SignJWT } from 'jose';
import {
  Authenticated,
  type EieOptions,
  type ExecutionIdentityEnvelope,
  Identity,
  type IssuerOptions,
  type JwkSet,
  RequireScopes,
} from 'nestjs-eie';
import { startApp, type TestApp } from '../support/app.js';
import { MCP, startWorld, type World } from '../support/world.js';

@Controller('me')
class MeController {
  @Get()
  @Authenticated()
  me(@Identity() identity: ExecutionIdentityEnvelope) {
    return identity;
  }

  @Get('read')
  @RequireScopes('orders:read')
  read() {
    return 'read';
  }
}

const ISSUER = 'https://login.shop.test';

describe('what an operator says of an issuer', () => {
  let world: World;
  let app: TestApp | undefined;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterEach(() => app?.close());
  afterAll(() => world?.close());

  async function issuer(alg: string, changes: Partial<IssuerOptions> = {}, options: Partial<EieOptions> = {}) {
    const { privateKey, publicKey } = await generateKeyPair(alg, { extractable: true });
    const jwks = { keys: [{ ...(await exportJWK(publicKey)), kid: 'k' }] } as JwkSet;
    const actorType = { user: { claim: 'sub_profile', values: ['user'] } };
    const issuers: IssuerOptions[] = [
      { issuer: ISSUER, jwks, algorithms: [alg] as IssuerOptions['algorithms'], actorType, ...changes },
    ];
    app = await startApp(world, { controllers: [MeController], options: { issuers, ...options } });
    return async (claims: JWTPayload = {}, path = '/me') => {
      const token = await new SignJWT({
        iss: ISSUER,
        aud: MCP,
        sub: 'alice',
        client_id: 'app',
        sub_profile: 'user',
        scope: 'profile:read',
        ...claims,
      })
        .setProtectedHeader({ alg, typ: 'at+jwt', kid: 'k' })
        .setIssuedAt()
        .setExpirationTime('5m')
        .sign(privateKey);
      const response = await fetch(app!.url + path, { headers: { authorization: `Bearer ${token}` } });
      const body: any = await response.json().catch(() => undefined);
      return { status: response.status, body };
    };
  }

  it.each(['RS256', 'PS384', 'ES512', 'EdDSA', 'Ed25519'])(
    'its algorithm may be %s: a good token opens, one by another key does not',
    async alg => {
      const stranger = await issuer(alg);
      const strangersApp = app!;
      const present = await issuer(alg);
      await strangersApp.close();
      expect((await present()).status).toBe(200);
      expect((await present()).body.actor.sub).toBe('alice');
      expect((await stranger()).status).toBe(401);
      expect(app!.auditLog.last('admission.refused').reason).toBe('signature_invalid');
    },
  );

  it('its claims may have other names, lists instead of strings, and lie deeper', async () => {
    const present = await issuer('ES256', {
      tenants: ['acme'],
      claims: {
        tenant: 'org',
        clientId: 'azp',
        scope: 'scp',
        roles: ['realm_access', 'roles'],
        agent: ['ext', 'agent'],
      },
    });
    const { body } = await present({
      scope: undefined,
      client_id: undefined,
      org: 'acme',
      azp: 'desk',
      scp: ['b', 'a'],
      realm_access: { roles: ['clerk'] },
      ext: { agent: 'bot-7' },
    });
    expect(body).toMatchObject({
      actor: { tenant: 'acme' },
      agent: { id: 'bot-7', client_id: 'desk', source: 'registry', chain: [{ issuer: ISSUER, sub: 'bot-7' }] },
      authorization: { scopes: ['a', 'b'], roles: ['clerk'] },
    });
  });

  it('a name that only leads into a prototype leads nowhere', async () => {
    const present = await issuer('ES256', { claims: { clientId: ['constructor', 'name'] } });
    expect((await present()).status).toBe(401);
    expect(app!.auditLog.last('admission.refused').reason).toBe('claim_missing');
  });

  it('a scope may imply others, for who may run what and for nothing else', async () => {
    const present = await issuer(
      'ES256',
      {},
      {
        authorization: {
          scopeHierarchy: { 'orders:admin': ['orders:write'], 'orders:write': ['orders:read', 'orders:admin'] },
        },
      },
    );
    expect((await present({ scope: 'orders:admin' }, '/me/read')).status).toBe(200);
    expect((await present({ scope: 'orders:other' }, '/me/read')).status).toBe(403);
    expect((await present({ scope: 'orders:admin' })).body.authorization.scopes).toEqual(['orders:admin']);
  });
});
