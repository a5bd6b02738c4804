import { Authenticated } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { ADAPTERS, ERAS, startMcpApp, type TestApp } from '../support/app.js';
import { message, send } from '../support/mcp-messages.js';
import { startWorld, type World } from '../support/world.js';

let ran = 0;

@ToolController()
class Tools {
  @Tool({ name: 'transfer' })
  @Authenticated()
  transfer() {
    ran++;
  }
}

describe.each(ADAPTERS)('on %s', adapter => {
  let world: World;
  let app: TestApp;
  beforeAll(async () => {
    world = await startWorld();
    app = await startMcpApp(world, { adapter, providers: [Tools] });
  });
  afterAll(async () => {
    await app?.close();
    await world?.close();
  });

  it.each(ERAS)(
    'a call without an id, by a client of %s, runs no tool, and its attempt is on the audit log',
    async era => {
      app.auditLog.events.length = ran = 0;
      const { id: _id, ...notification } = message(era, 'tools/call', { name: 'transfer', arguments: {} });
      await send(app.url, world.userToken(), era, notification);
      expect(ran).toBe(0);
      expect(app.auditLog.events).toMatchObject([
        { type: 'mcp.refused', outcome: 'refused', reason: expect.any(String), actor_sub: 'alice' },
      ]);
    },
  );
});
