import { randomUUID } from 'node:crypto';
import { Controller, Get } from '@nestjs/common';
import { type Diagnostic, issuerPolicy, remoteKeys, verifyAccessToken } from 'execution-identity';
import { Authenticated, type ExecutionIdentityEnvelope, Identity } from 'nestjs-eie';
import { ADAPTERS, startApp, type TestApp } from '../support/app.js';
import { claimsOf } from '../support/door.js';
import { MCP, startWorld, type World } from '../support/world.js';

@Controller('me')
class MeController {
  @Get()
  @Authenticated()
  me(@Identity() { authorization: { roles = [] } }: ExecutionIdentityEnvelope) {
    return roles.length;
  }
}

const groups = (count: number): string[] => Array.from({ length: count }, () => randomUUID());

describe.each(ADAPTERS)('a token with many groups, on %s', adapter => {
  let world: World;
  let app: TestApp | undefined;
  const reports: Diagnostic[] = [];
  beforeAll(async () => void (world = await startWorld()));
  beforeEach(() => void reports.splice(0));
  afterEach(() => app?.close());
  afterAll(() => world.close());

  const start = async (maxTokenLength?: number) => {
    const limit = maxTokenLength === undefined ? {} : { maxTokenLength };
    app = await startApp(world, {
      adapter,
      controllers: [MeController],
      options: {
        issuers: [world.issuerOptions({ claims: { roles: 'groups' }, ...limit })],
        ports: { diagnostics: { report: one => one.level === 'info' || reports.push(one) } },
      },
    });
    const policy = issuerPolicy({
      issuer: world.issuer,
      keys: remoteKeys(world.jwksUri),
      algorithms: ['ES256'],
      audience: [MCP],
      tenants: ['acme'],
      user: { claim: 'sub_profile' },
      ...limit,
    });
    return {
      get: (token: string) => fetch(`${app!.url}/me`, { headers: { authorization: `Bearer ${token}` } }),
      inCore: (token: string) => verifyAccessToken(token, new Map([[world.issuer, policy]])),
    };
  };
  const tokenWith = (count: number) => world.userToken({ claims: { groups: groups(count) } });

  it('is let in when the operator allows its length: 157 groups, and 200', async () => {
    const { get, inCore } = await start(12_000);
    for (const count of [157, 200]) {
      const token = tokenWith(count);
      expect(token.length).toBeGreaterThan(8192);
      const response = await get(token);
      expect([response.status, await response.text()]).toEqual([200, `${count}`]);
      await expect(inCore(token)).resolves.toMatchObject({ sub: 'alice' });
    }
    expect(reports).toEqual([]);
  });

  it('is refused by default, in a way that sends no client to sign in again, and the operator reads what to do', async () => {
    const { get, inCore } = await start();
    for (let i = 0; i < 3; i++) {
      const token = tokenWith(157);
      const response = await get(token);
      expect(response.status).toBe(431);
      expect(response.headers.get('www-authenticate')).toBeNull();
      expect(await response.json()).toEqual({ statusCode: 431, message: 'Request Header Fields Too Large' });
      expect(app!.auditLog.events.at(-1)).toMatchObject({
        type: 'admission.refused',
        reason: 'token_too_large',
        actor_sub: null,
      });
      await expect(inCore(token)).rejects.toMatchObject({ code: 'token_too_large' });
    }
    expect(
      new Set(reports.map(({ message }) => /^token_too_large .*raise issuers\[\]\.maxTokenLength/.test(message))),
    ).toEqual(new Set([true]));
    expect((await get(tokenWith(20))).status).toBe(200);
  });

  it('is told the same when it is forged: its length is looked at before its signature', async () => {
    const { get } = await start();
    expect((await get(`${tokenWith(157).slice(0, -8)}AAAAAAAA`)).status).toBe(431);
    // What no policy is known for gets the answer of every other token.
    const { iss: _iss, ...claims } = claimsOf(tokenWith(157));
    expect((await get(world.sign({ ...claims, iss: 'https://other.test' }, { typ: 'at+jwt' }))).status).toBe(401);
  });

  it.each([1023, 16_385, '9000'])('the operator cannot allow %s characters', async maxTokenLength => {
    await expect(start(maxTokenLength as number)).rejects.toThrow(
      'issuers[0].maxTokenLength must be a number of characters from 1024 to 16384',
    );
  });
});

describe('no operator', () => {
  it('can make anything read a token of more than 16384 characters', async () => {
    const world = await startWorld();
    const keys = { holds: () => false, find: () => Promise.reject(new Error('asked')) };
    const policy = issuerPolicy({
      issuer: world.issuer,
      keys,
      algorithms: ['ES256'],
      audience: [MCP],
      user: { claim: 'sub_profile' },
      maxTokenLength: 1e9,
    });
    const token = world.userToken({ claims: { padding: 'x'.repeat(12_200) } });
    expect(token.length).toBeGreaterThan(16_384);
    await expect(verifyAccessToken(token, new Map([[world.issuer, policy]]))).rejects.toMatchObject({
      code: 'token_too_large',
    });
    await world.close();
  });
});
