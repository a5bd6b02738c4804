import { Authenticated, type ExecutionIdentityEnvelope, Identity, RequireScopes } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { logIn } from '../../src/authorization-server/login.js';
import { ADAPTERS, callTool, connect, ERAS, startMcpApp, type TestApp } from '../support/app.js';
import { MCP, ORDERS, startWorld, type World } from '../support/world.js';

@ToolController()
class Tools {
  @Tool({ name: 'whoami' })
  @RequireScopes('orders:read')
  whoami(@Identity() { actor, agent, authorization, session }: ExecutionIdentityEnvelope) {
    return { actor, agent, authorization, session };
  }

  @Tool({ name: 'who_calls' })
  @Authenticated()
  whoCalls(@Identity() { actor, authorization }: ExecutionIdentityEnvelope) {
    return { ...actor, confidence: authorization.confidence };
  }
}

describe.each(ADAPTERS)('on %s, with an authorization server that gives opaque tokens,', adapter => {
  let world: World;
  let app: TestApp;

  beforeAll(async () => {
    world = await startWorld({ opaque: true });
    app = await startMcpApp(world, {
      adapter,
      providers: [Tools],
      options: { issuers: [world.issuerOptions({ opaqueTokens: true })] },
    });
  });
  afterAll(async () => {
    await app?.close();
    await world?.close();
  });

  const login = async (clientId: string, { scope = 'orders:read', resource = MCP } = {}) => {
    const { access_token } = await logIn({
      issuer: world.issuer,
      clientId,
      redirectUri: 'http://127.0.0.1/callback',
      resource,
      scope,
      sub: 'alice',
      password: 'correct horse',
    });
    expect(access_token).not.toContain('.');
    return access_token;
  };
  const knock = async (token: string) => {
    const response = await fetch(`${app.url}/mcp`, { method: 'POST', headers: { authorization: `Bearer ${token}` } });
    return { status: response.status, reason: app.auditLog.events.at(-1)?.reason };
  };

  it.each(ERAS)('a tool knows the user, the tenant and the agent of a login, for a client of %s', async era => {
    const client = await connect(app.url, await login('assistant'), era);
    const { json } = await callTool(client, 'whoami');
    expect(json).toMatchObject({
      actor: { type: 'user', issuer: world.issuer, sub: 'alice', tenant: 'acme' },
      agent: {
        id: 'agent-assistant',
        client_id: 'assistant',
        source: 'act',
        chain: [{ issuer: world.issuer, sub: 'agent-assistant' }],
      },
      authorization: {
        scopes: ['orders:read'],
        confidence: 'introspected',
        amr: ['pwd'],
        authenticated_at: expect.any(Number),
      },
      session: { id: expect.any(String) },
    });
    expect(app.auditLog.last('execution.intent')).toMatchObject({
      actor_sub: 'alice',
      tenant: 'acme',
      agent_id: 'agent-assistant',
      handler: 'whoami',
    });
    await client.close();
  });

  it('an agent that only the registry knows is named as well, and gets no tool without its scope', async () => {
    const client = await connect(app.url, await login('desk-copilot', { scope: 'billing:read' }));
    expect((await callTool(client, 'who_calls')).json).toMatchObject({ sub: 'alice', confidence: 'introspected' });
    await expect(callTool(client, 'whoami')).rejects.toThrow();
    expect(app.auditLog.last('authorization.refused')).toMatchObject({
      reason: 'insufficient_scope',
      actor_sub: 'alice',
      agent_id: 'agent-desk-copilot',
    });
    await client.close();
  });

  it('a machine acts as a service, of its tenant', async () => {
    const client = await connect(app.url, await world.machineToken('orders:read'));
    expect((await callTool(client, 'who_calls')).json).toMatchObject({
      type: 'service',
      sub: 'night-batch',
      tenant: 'acme',
      confidence: 'introspected',
    });
    await client.close();
  });

  it('a token that the server never gave opens nothing, nor does one with a character more', async () => {
    expect(await knock('never-given')).toEqual({ status: 401, reason: 'token_inactive' });
    expect(await knock(`${await login('assistant')}x`)).toEqual({ status: 401, reason: 'token_inactive' });
  });

  it('a token for another resource opens nothing: the server does not tell what it says', async () => {
    const token = await login('assistant', { resource: ORDERS });
    expect(await knock(token)).toEqual({ status: 401, reason: 'token_inactive' });
  });
});
