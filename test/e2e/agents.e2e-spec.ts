import { Controller, Get } from '@nestjs/common';
import {
  Authenticated,
  type ExecutionIdentityEnvelope,
  Identity,
  RequireScopes,
  type UnregisteredAgents,
} from 'nestjs-eie';
import { startApp, type TestApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

@Controller('me')
class MeController {
  @Get()
  @Authenticated()
  me(@Identity() { agent, authorization }: ExecutionIdentityEnvelope) {
    return { agent, scopes: authorization.scopes };
  }

  @Get('write')
  @RequireScopes('orders:write')
  write() {
    return 'written';
  }
}

describe('an agent that nobody registered', () => {
  let world: World;
  let app: TestApp | undefined;
  beforeAll(async () => {
    world = await startWorld();
  });
  afterEach(() => app?.close());
  afterAll(() => world?.close());

  const start = async (unregisteredAgents?: UnregisteredAgents, agents: Record<string, string> = {}): Promise<void> => {
    app = await startApp(world, {
      controllers: [MeController],
      options: {
        issuers: [world.issuerOptions({ agents })],
        authorization: unregisteredAgents ? { unregisteredAgents } : {},
      },
    });
  };
  const get = (path = '', clientId = 'desk-copilot') =>
    fetch(`${app!.url}/me${path}`, {
      headers: { authorization: `Bearer ${world.userToken({ clientId, scope: 'orders:read orders:write' })}` },
    });

  it('stands in for the agent, and no agent is claimed to be behind it', async () => {
    await start();
    expect(await (await get()).json()).toMatchObject({
      agent: { source: 'client', id: 'desk-copilot', client_id: 'desk-copilot', chain: [] },
    });
  });

  it('may do no more than the scopes given to unregistered clients', async () => {
    await start({ scopes: ['orders:read'] }, { assistant: 'agent-assistant' });
    expect(await (await get()).json()).toMatchObject({ scopes: ['orders:read'] });
    expect((await get('/write')).status).toBe(403);
    expect((await get('/write', 'assistant')).status).toBe(200);
  });

  it('is refused with 403 and without a step-up hint where only registered agents may act', async () => {
    await start('refuse');
    const response = await get();
    expect(response.status).toBe(403);
    expect(response.headers.has('www-authenticate')).toBe(false);
    expect(app!.auditLog.events).toEqual([
      expect.objectContaining({
        type: 'admission.refused',
        reason: 'agent_unregistered',
        actor_sub: 'alice',
        client_id: 'desk-copilot',
      }),
    ]);
  });

  it.each<[what: string, agents: Record<string, string>, status: number]>([
    ['is refused where the registry is empty', {}, 403],
    ['is refused where another agent is registered', { assistant: 'agent-of-somebody-else' }, 403],
    ['is let in where it is registered', { assistant: 'agent-assistant' }, 200],
  ])('although `act` names it, %s', async (_what, agents, status) => {
    await start('refuse', agents);
    expect((await get('', 'assistant')).status).toBe(status);
    if (status === 403)
      expect(app!.auditLog.last('admission.refused')).toMatchObject({
        reason: 'agent_unregistered',
        agent_id: 'agent-assistant',
      });
  });
});
