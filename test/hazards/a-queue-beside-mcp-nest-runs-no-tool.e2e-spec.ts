import { type MicroserviceOptions, Server } from '@nestjs/microservices';
import { McpController, Tool } from '@rekog/mcp-nest';
import { Authenticated } from 'nestjs-eie';
import { connected, startMcpNest } from '../mcp-nest/mcp-nest-app.js';
import { ADAPTERS, callTool, connect, type TestApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

let ran: string[] = [];

@McpController()
class Wiping {
  @Tool({ name: 'wipe' })
  @Authenticated()
  wipe() {
    ran.push('wipe');
    return 'wiped';
  }
}

/** A transport of the application: whoever writes into its queue sends messages. */
class Queue extends Server {
  isListening = false;

  listen(callback: () => void) {
    this.isListening = true;
    callback();
  }

  close() {}

  on() {}

  unwrap(): never {
    throw new Error('there is nothing to unwrap');
  }

  /** Delivers a message with the pattern of each handler that Nest has given it. */
  async deliver(): Promise<void> {
    for (const handler of this.getHandlers().values()) await handler({}, {}).catch(() => undefined);
  }
}

class OwnQueue extends Queue {
  override transportId = Symbol('queue');
}

describe.each(ADAPTERS)('a queue beside a server of mcp-nest, on %s', adapter => {
  let world: World;
  let shop: TestApp | undefined;
  beforeAll(async () => void (world = await startWorld()));
  beforeEach(() => {
    ran = [];
  });
  afterEach(async () => {
    await shop?.close();
    shop = undefined;
  });
  afterAll(() => world.close());

  const start = async (queue: Queue, inheritAppConfig: boolean) => {
    shop = await startMcpNest(world, {
      adapter,
      controllers: [Wiping],
      join(app, strategy) {
        connected(app, strategy);
        app.connectMicroservice<MicroserviceOptions>({ strategy: queue }, { inheritAppConfig });
      },
    });
    return shop;
  };

  it.each([false, true])('stops where Nest gives it the tools (inheritAppConfig: %s), and says why', async inherits => {
    const queue = new Queue();
    const starting = start(queue, inherits);
    await expect(starting).rejects.toThrow(/strategy without transportId, so Nest gives it the tools of mcp-nest too/);
    expect(queue.isListening).toBe(false);
  });

  it('runs no tool where it has a transport of its own', async () => {
    const queue = new OwnQueue();
    const { url } = await start(queue, false);
    await queue.deliver();
    expect(ran).toEqual([]);
    const client = await connect(url, world.userToken());
    expect((await callTool(client, 'wipe')).json).toBe('wiped');
    await client.close();
  });
});
