import { Controller, Get } from '@nestjs/common';
import { type Diagnostic, issuerPolicy, remoteKeys, verifyAccessToken } from 'execution-identity';
import { Authenticated, type ExecutionIdentityEnvelope, Identity, RequireRoles } from 'nestjs-eie';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { MCP, startWorld, type World } from '../support/world.js';

@Controller('me')
class MeController {
  @Get()
  @Authenticated()
  me(@Identity() { actor, authorization, session }: ExecutionIdentityEnvelope) {
    return { sub: actor.sub, ...authorization, sid: session.id };
  }

  @Get('clerk')
  @RequireRoles('clerk')
  clerk() {
    return 'clerk';
  }
}

/** Claims as providers write them, each of which says nothing about whether the token is good. */
const CLAIMS: [provider: string, claim: string, value: unknown][] = [
  ['Supabase', 'amr', [{ method: 'password', timestamp: 1 }]],
  ['ADFS', 'auth_time', '2016-02-16T06:42:21.629Z'],
  ['a server that counts levels', 'acr', 1],
  ['a server without sessions', 'sid', ''],
  ['a server whose roles are objects', 'roles', [{}]],
];

describe.each(ADAPTERS)('tokens as providers write them, on %s', adapter => {
  let world: World;
  let app: TestApp;
  const reports: Diagnostic[] = [];

  beforeAll(async () => {
    world = await startWorld();
    app = await startApp(world, {
      adapter,
      controllers: [MeController],
      options: { ports: { diagnostics: { report: one => reports.push(one) } } },
    });
  });
  afterAll(() => Promise.all([app.close(), world.close()]));

  const get = (token: string, path = '/me') => fetch(app.url + path, { headers: { authorization: `Bearer ${token}` } });
  const inCore = (token: string) =>
    verifyAccessToken(
      token,
      new Map([
        [
          world.issuer,
          issuerPolicy({
            issuer: world.issuer,
            keys: remoteKeys(world.jwksUri),
            algorithms: ['ES256'],
            audience: [MCP],
            tenants: ['acme'],
            user: { claim: 'sub_profile', values: ['user'] },
          }),
        ],
      ]),
    );

  it.each(CLAIMS)(
    'let their user in, at %s with %s of the form %j, and say nothing in that claim',
    async (_by, claim, value) => {
      const token = world.userToken({ claims: { [claim]: value } });
      const response = await get(token);
      expect(response.status).toBe(200);
      const identity = (await response.json()) as Record<string, unknown>;
      expect(identity.sub).toBe('alice');
      expect(identity).not.toHaveProperty(claim === 'auth_time' ? 'authenticated_at' : claim);
      expect(reports.filter(({ message }) => message.includes(`have a claim "${claim}"`))).toHaveLength(1);
      const core = await inCore(token);
      expect(core).toMatchObject({ sub: 'alice' });
      expect(core).not.toHaveProperty(claim === 'auth_time' ? 'authTime' : claim);
    },
  );

  it.each(['roles', 'act', 'nbf', 'acr', 'amr', 'auth_time', 'sid', 'cnf'])(
    'let their user in where %s is null',
    async claim => {
      const before = reports.length;
      const token = world.userToken({ claims: { [claim]: null } });
      expect((await get(token)).status).toBe(200);
      await expect(inCore(token)).resolves.toMatchObject({ sub: 'alice' });
      expect(reports.length).toBe(before);
    },
  );

  it('open no handler that needs what they do not say', async () => {
    expect((await get(world.userToken({ claims: { roles: ['clerk'] } }), '/me/clerk')).status).toBe(200);
    for (const roles of ['clerk', ['clerk', {}], { clerk: true }, null]) {
      expect((await get(world.userToken({ claims: { roles } }), '/me/clerk')).status).toBe(403);
      expect(app.auditLog.events.at(-1)).toMatchObject({ reason: 'insufficient_role', actor_sub: 'alice' });
    }
  });

  it('are refused as before where a claim decides', async () => {
    for (const [claims, reason] of [
      [{ act: 'bot' }, 'actor_chain_refused'],
      [{ tenant: 7 }, 'claim_invalid'],
      [{ tenant: null }, 'tenant_refused'],
      [{ nbf: 'now' }, 'claim_invalid'],
      [{ sub: null }, 'claim_missing'],
      [{ exp: null }, 'claim_missing'],
      [{ aud: null }, 'audience_refused'],
      [{ scope: 7 }, 'claim_invalid'],
      [{ cnf: { 'kc-jkt-type': 'DPoP' } }, 'proof_of_possession_unsupported'],
    ] as const) {
      const token = world.userToken({ claims });
      expect((await get(token)).status).toBe(401);
      expect(app.auditLog.events.at(-1)).toMatchObject({ reason });
      await expect(inCore(token)).rejects.toMatchObject({ code: reason });
    }
  });
});
