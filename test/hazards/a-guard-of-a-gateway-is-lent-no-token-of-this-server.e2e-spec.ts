import { once } from 'node:events';
import { type CanActivate, type ExecutionContext, Injectable } from '@nestjs/common';
import { GuardsConsumer, GuardsContextCreator } from '@nestjs/core/guards/index.js';
import { ModulesContainer } from '@nestjs/core';
import { WsAdapter } from '@nestjs/platform-ws';
import { type OnGatewayConnection, SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import { Unmanaged } from 'nestjs-eie';
import { WebSocket } from 'ws';
import { startApp, type TestApp } from '../support/app.js';
import { startWorld, type World } from '../support/world.js';

/** A client of socket.io, which keeps the request that opened it. */
interface Client {
  readonly request: { readonly headers: { readonly authorization?: string } };
}

const KEY = 'key-of-a-partner-0001';
let lent: (string | undefined)[] = [];
let clients: Client[] = [];

@Injectable()
class KeyGuard implements CanActivate {
  canActivate(context: ExecutionContext): boolean {
    lent.push(context.switchToWs().getClient<Client>().request.headers.authorization);
    return true;
  }
}

@WebSocketGateway()
@Unmanaged(KeyGuard, { reason: 'Partners have keys of their own.' })
class PriceGateway implements OnGatewayConnection {
  handleConnection(_socket: unknown, request: Client['request']) {
    clients.push({ request });
  }

  @SubscribeMessage('price')
  price() {
    return 17;
  }
}

describe('the guard of an unmanaged gateway', () => {
  let world: World;
  let shop: TestApp;
  beforeAll(async () => {
    world = await startWorld();
    shop = await startApp(world, {
      providers: [PriceGateway],
      prepare: app => void app.useWebSocketAdapter(new WsAdapter(app)),
    });
  });
  afterAll(() => Promise.all([shop, world].map(one => one?.close())));
  beforeEach(() => {
    lent = [];
    clients = [];
  });

  async function connect(authorization: string): Promise<Client> {
    const socket = new WebSocket(shop.url.replace('http', 'ws'), { headers: { authorization } });
    await once(socket, 'open');
    socket.close();
    return clients[0]!;
  }

  /** As Nest 11 does it for each message: without the global guards. */
  async function send(client: Client): Promise<void> {
    const gateway = shop.app.get(PriceGateway);
    const callback = gateway.price as unknown as (...args: unknown[]) => unknown;
    const modules = shop.app.get(ModulesContainer);
    const guards = new GuardsContextCreator({ getModules: () => modules } as never);
    const module = [...modules].find(([, { providers }]) => providers.has(PriceGateway))![0];
    const found = guards.create(gateway, callback, module);
    await new GuardsConsumer().tryActivate(found, [client, {}], gateway, callback, 'ws' as never);
  }

  it('is lent a key of its own, and no token that was issued for this server, where no global guard runs before it', async () => {
    for (const credential of [KEY, world.userToken()]) {
      clients = [];
      await send(await connect(`Bearer ${credential}`));
    }
    expect(lent.map(value => value?.includes(KEY) ?? 'nothing')).toEqual([true, 'nothing']);
  });
});
