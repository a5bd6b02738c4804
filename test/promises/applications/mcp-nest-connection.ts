import { McpController, Tool } from '@rekog/mcp-nest';
import { Authenticated } from 'nestjs-eie';
import { startMcpNest } from '../../mcp-nest/mcp-nest-app.js';
import { accountOptions } from '../accounts.js';
import { type Application } from '../application.js';
import { sendTo } from '../parts.js';

@McpController()
@Authenticated()
class ShopTools {
  @Tool({ name: 'orders', description: 'The orders' })
  list() {
    return 'orders';
  }
}

export const application: Application = {
  name: 'a server for @rekog/mcp-nest, connected as its documentation has it',
  refusedWith: /inheritAppConfig: true/,
  async start(stage) {
    const { app, url } = await startMcpNest(stage.world, {
      adapter: stage.adapter,
      controllers: [ShopTools],
      options: { ...accountOptions(stage), targets: {} },
      join: (starting, strategy) => void starting.connectMicroservice({ strategy }),
    });
    return { app, url, send: sendTo(url) };
  },
  legitimate: () => [],
  attacks: () => [],
};
