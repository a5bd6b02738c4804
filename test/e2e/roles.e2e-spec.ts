import { Controller, Get } from '@nestjs/common';
import { RequireRoles } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { McpController, Tool as McpNestTool, ToolRoles } from '@rekog/mcp-nest';
import { startMcpNest } from '../mcp-nest/mcp-nest-app.js';
import { ADAPTERS, callTool, connect, startMcpApp, type TestApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

@Controller('accounts')
class AccountsController {
  @Get('close')
  @RequireRoles('support', 'admin')
  close() {
    return 'closed';
  }
}

@ToolController()
class AccountTools {
  @Tool({ name: 'close_account' })
  @RequireRoles('support', 'admin')
  close() {
    return 'closed';
  }
}

describe.each(ADAPTERS)('a handler that needs a role, on %s,', adapter => {
  let world: World;
  let app: TestApp;
  beforeAll(async () => {
    world = await startWorld();
    app = await startMcpApp(world, { adapter, controllers: [AccountsController], providers: [AccountTools] });
  });
  afterAll(async () => {
    await app.close();
    await world.close();
  });
  beforeEach(() => void (app.auditLog.events.length = 0));

  const withRoles = (...roles: string[]) => world.userToken({ claims: roles.length ? { roles } : {} });
  const get = (token: string) => fetch(`${app.url}/accounts/close`, { headers: { authorization: `Bearer ${token}` } });

  it('runs for who has one of its roles', async () => {
    expect(await (await get(withRoles('clerk', 'admin'))).text()).toBe('closed');
  });

  it.each([[['clerk']], [[]]])(
    'refuses roles %j with 403, without a hint what to ask for, and records it',
    async roles => {
      const response = await get(withRoles(...roles));
      expect([response.status, response.headers.has('www-authenticate')]).toEqual([403, false]);
      expect(app.auditLog.events).toMatchObject([{ type: 'authorization.refused', reason: 'insufficient_role' }]);
    },
  );

  it('is a tool that is listed and called by who has one of its roles alone', async () => {
    const [admin, clerk] = await Promise.all([
      connect(app.url, withRoles('admin')),
      connect(app.url, withRoles('clerk')),
    ]);
    expect((await callTool(admin, 'close_account')).text).toBe('closed');
    expect((await callTool(clerk, 'close_account')).code).toBe('insufficient_role');
    const listed = await Promise.all(
      [admin, clerk].map(async client => (await client.listTools()).tools.map(({ name }) => name)),
    );
    expect(listed).toEqual([['close_account'], []]);
    await Promise.all([admin.close(), clerk.close()]);
  });
});

@McpController()
class McpNestTools {
  @McpNestTool({ name: 'both' })
  @ToolRoles(['support', 'admin'])
  both() {
    return 'done';
  }

  @McpNestTool({ name: 'either' })
  @ToolRoles(['support', 'admin'], { match: 'any' })
  either() {
    return 'done';
  }
}

describe('a tool of mcp-nest with @ToolRoles()', () => {
  it('needs all of its roles, or one of them where it says so', async () => {
    const world = await startWorld();
    const app = await startMcpNest(world, { controllers: [McpNestTools] });
    const call = async (tool: string, ...roles: string[]) => {
      const client = await connect(app.url, world.userToken({ claims: { roles } }));
      const { text, code } = await callTool(client, tool).catch(() => ({ text: '', code: 'refused' }));
      await client.close();
      return code ?? text;
    };
    expect(await Promise.all([call('both', 'support', 'admin'), call('either', 'admin')])).toEqual([
      '"done"',
      '"done"',
    ]);
    expect(await Promise.all([call('both', 'admin'), call('either', 'clerk')])).not.toContain('"done"');
    expect(app.auditLog.events.filter(({ reason }) => reason === 'insufficient_role')).toHaveLength(2);
    await app.close();
    await world.close();
  });
});
