import { Controller, Get } from '@nestjs/common';
import {
  Authenticated,
  type EieOptions,
  Public,
  RequireActor,
  RequireAgent,
  RequireAnyScope,
  RequireApproval,
  RequireLogin,
  RequireRoles,
  RequireScopes,
  Unmanaged,
} from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { ADAPTERS, callTool, connect, ERAS, startMcpApp, type TestApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

const ISSUER_OF_ANOTHER_BOT = 'https://other.test';

@ToolController()
class Tools {
  @Tool({ name: 'of_users' }) @RequireActor('user') ofUsers() {}
  @Tool({ name: 'of_services' }) @RequireActor('service') ofServices() {}
  @Tool({ name: 'of_all' }) @Authenticated() ofAll() {}
  @Tool({ name: 'of_copilot' }) @RequireAgent('copilot') ofCopilot() {}
  @Tool({ name: 'of_another' })
  @RequireAgent({ issuer: ISSUER_OF_ANOTHER_BOT, id: 'copilot' })
  ofAnother() {}
  @Tool({ name: 'of_strong_login' }) @RequireLogin({ acr: ['phr', 'phrh'], maxAge: 300 }) ofStrongLogin() {}
}

@Controller('payee')
@RequireLogin({ acr: ['phr', 'mfa'] })
class PayeeController {
  @Get() @RequireLogin({ acr: ['mfa', 'phrh'], maxAge: 300 }) change() {
    return 'changed';
  }

  @Get('admin') @RequireRoles('admin') admin() {
    return 'admin';
  }
}

const NOW = Math.floor(Date.now() / 1000);

describe.each(ADAPTERS)('on %s', adapter => {
  let world: World;
  let app: TestApp;
  beforeAll(async () => {
    world = await startWorld();
    const options: Partial<EieOptions> = {
      issuers: [
        world.issuerOptions({ agents: { 'desk-copilot': 'copilot' }, roles: { 'Shop Admins': ['admin'], clerk: [] } }),
      ],
    };
    app = await startMcpApp(world, { adapter, controllers: [PayeeController], providers: [Tools], options });
  });
  afterAll(async () => {
    await app?.close();
    await world?.close();
  });
  beforeEach(() => void (app.auditLog.events.length = 0));

  const user = (claims: Record<string, unknown> = {}, clientId = 'desk-copilot') =>
    world.userToken({ clientId, claims });
  const get = (token: string, path = '') =>
    fetch(`${app.url}/payee${path}`, { headers: { authorization: `Bearer ${token}` } });
  const reasons = () => app.auditLog.events.flatMap(({ reason }) => reason ?? []);

  describe.each(ERAS)('a client of %s', era => {
    it('sees and calls the tools of its own kind of actor: a service that acts for nobody has tools of its own', async () => {
      const [alice, batch] = [
        await connect(app.url, user(), era),
        await connect(app.url, await world.machineToken('orders:read'), era),
      ];
      const names = async (client: typeof alice) => (await client.listTools()).tools.map(({ name }) => name);
      expect(await names(alice)).toEqual(['of_users', 'of_all', 'of_copilot']);
      expect(await names(batch)).toEqual(['of_services', 'of_all']);
      expect(await callTool(batch, 'of_services')).toMatchObject({ isError: false });
      expect(await callTool(alice, 'of_services')).toMatchObject({ code: 'actor_not_allowed' });
      expect(await callTool(batch, 'of_users')).toMatchObject({ code: 'actor_not_allowed' });
      expect(await callTool(batch, 'of_strong_login')).toMatchObject({ code: 'actor_not_allowed' });
      expect(reasons()).toEqual(Array.from({ length: 3 }, () => 'actor_not_allowed'));
      await Promise.all([alice.close(), batch.close()]);
    });

    it('is told which login a tool needs, by the challenge in its result', async () => {
      const client = await connect(app.url, user({ acr: 'pwd', auth_time: NOW }), era);
      const { isError, structuredContent } = await client.callTool({ name: 'of_strong_login', arguments: {} });
      expect(isError).toBe(true);
      expect(structuredContent).toMatchObject({ code: 'insufficient_login' });
      const { challenge } = structuredContent as { challenge: string };
      expect(challenge).toContain('error="insufficient_user_authentication"');
      expect(challenge).toContain('acr_values="phr phrh", max_age="300"');
      const strong = await connect(app.url, user({ acr: 'phr', auth_time: NOW }), era);
      expect(await callTool(strong, 'of_strong_login')).toMatchObject({ isError: false });
      await Promise.all([client.close(), strong.close()]);
    });
  });

  it('a handler for one agent takes no client that has chosen its name, and no agent of that name at another issuer', async () => {
    const call = async (client_id: string, tool: string) => {
      const client = await connect(app.url, user({ client_id }));
      const answer = await callTool(client, tool);
      await client.close();
      return answer.code;
    };
    expect(await call('desk-copilot', 'of_copilot')).toBeUndefined();
    expect(await call('copilot', 'of_copilot')).toBe('agent_not_allowed');
    expect(await call('assistant', 'of_copilot')).toBe('agent_not_allowed');
    expect(await call('desk-copilot', 'of_another')).toBe('agent_not_allowed');
  });

  it.each<[what: string, claims: Record<string, unknown>]>([
    ['too long ago', { acr: 'mfa', auth_time: NOW - 3000 }],
    ['in another way', { acr: 'pwd', auth_time: NOW }],
    ['at a time that the token does not say', { acr: 'mfa', auth_time: undefined }],
    ['in a way that the token does not say', { auth_time: NOW }],
  ])('who has logged in %s gets 401 with what the next login must achieve (RFC 9470)', async (_what, claims) => {
    const response = await get(user(claims));
    expect(response.status).toBe(401);
    const challenge = response.headers.get('www-authenticate')!;
    expect(challenge).toContain('error="insufficient_user_authentication"');
    expect(challenge).toContain('acr_values="mfa", max_age="300"');
    expect(reasons()).toEqual(['insufficient_login']);
  });

  it('who has logged in as all requirements ask runs the handler', async () => {
    expect(await (await get(user({ acr: 'mfa', auth_time: NOW - 10 }))).text()).toBe('changed');
  });

  it('roles are those that the operator has mapped, and a role of the same name without a mapping counts for nothing', async () => {
    const as = (...roles: string[]) => get(user({ acr: 'phr', roles }), '/admin');
    expect((await as('Shop Admins')).status).toBe(200);
    expect((await as('admin')).status).toBe(403);
    expect((await as('clerk')).status).toBe(403);
  });
});

describe('a requirement that was written wrongly is none that is easier to meet:', () => {
  it.each<[what: string, decorate: () => unknown]>([
    ['a text in place of the list of ways to log in', () => RequireLogin({ acr: 'gold' as never })],
    ['a way to log in that is no text', () => RequireLogin({ acr: [undefined as never] })],
    ['an actor of no kind', () => RequireActor('person' as never)],
    ['an agent without an id', () => RequireAgent({ issuer: ISSUER_OF_ANOTHER_BOT } as never)],
    ['a scope that is not there', () => RequireScopes(process.env.NOT_SET as never)],
    ['several scopes in one text', () => RequireScopes('orders:read orders:write')],
    ['several scopes in one text, of which one is enough', () => RequireAnyScope('orders:read orders:write')],
    ['an exception without a reason', () => Public({ reason: ' ' })],
    ['an exception without anything', () => Public(undefined as never)],
    ['an exception for a guard without a reason', () => Unmanaged(class {} as never, { reason: '' })],
    ['a list of roles as one role', () => RequireRoles(['admin'] as never)],
    ['an approver of no kind', () => RequireApproval({ reason: 'Money leaves.', by: 'anyone' as never })],
  ])('%s throws where it stands', (_what, decorate) => {
    expect(decorate).toThrow(TypeError);
    expect(decorate).toThrow(/@(Require|Public|Unmanaged)/);
  });
});
