import { type CanActivate, Controller, Injectable, type Type } from '@nestjs/common';
import { Query, Resolver } from '@nestjs/graphql';
import { EventPattern, MessagePattern, Transport } from '@nestjs/microservices';
import { WsAdapter } from '@nestjs/platform-ws';
import { SubscribeMessage, WebSocketGateway } from '@nestjs/websockets';
import {
  Authenticated,
  Delegated,
  type DelegatedFetch,
  DelegatesTo,
  Identity,
  RequireApproval,
  RequireScopes,
  Unmanaged,
} from 'nestjs-eie';
import { startApp, type TestApp } from '../support/app.js';
import { ordersTarget } from '../support/orders.js';
import { startReceiver } from '../support/receiver-app.js';
import { ORDERS, startWorld, type World } from '../support/world.js';

@Injectable()
class BrokerGuard implements CanActivate {
  canActivate(): boolean {
    return true;
  }
}

const ByBroker = () => Unmanaged(BrokerGuard, { reason: 'The broker lets trusted senders in.' });
const USES =
  /^The application cannot start:\n {2}- \w+\.cancel is @Unmanaged\(\) and uses an identity: such a handler has none/;
const DEMANDS = /^The application cannot start:\n {2}- \w+\.cancel is @Unmanaged\(\) and has a requirement: remove one/;
const APPROVED =
  /^The application cannot start:\n {2}- \w+\.cancel is @Unmanaged\(\) and has @RequireApproval\(\): remove one/;

@Controller()
class Sound {
  @MessagePattern('orders.cancel')
  @ByBroker()
  cancel(_order: unknown) {}
}

@Controller()
class Named {
  @MessagePattern('orders.cancel')
  @ByBroker()
  cancel(@Identity('actor.sub') _sub: string) {}
}

@Controller()
class Notified {
  @EventPattern('orders.cancelled')
  @ByBroker()
  cancel(@Delegated('orders_api') _orders: DelegatedFetch) {}
}

@Controller()
class Declared {
  @MessagePattern('orders.cancel')
  @ByBroker()
  @DelegatesTo('orders_api')
  cancel(_order: unknown) {}
}

@Controller()
class Scoped {
  @MessagePattern('orders.cancel')
  @ByBroker()
  @RequireScopes('orders:write')
  cancel(_order: unknown) {}
}

@Controller()
@ByBroker()
class Authentic {
  @EventPattern('orders.cancelled')
  @Authenticated()
  cancel(_order: unknown) {}
}

@Controller()
class Approved {
  @MessagePattern('orders.cancel')
  @ByBroker()
  @RequireApproval({ reason: 'An order is lost.' })
  cancel(_order: unknown) {}
}

@WebSocketGateway()
@ByBroker()
class Gateway {
  @SubscribeMessage('orders.cancel')
  cancel(_data: unknown, @Identity('actor.sub') _sub: string) {}
}

@Resolver()
@ByBroker()
class Graph {
  @Query(() => String)
  @RequireScopes('orders:write')
  cancel() {}
}

describe('a handler that runs for nobody whom the module knows', () => {
  let world: World;
  let app: Pick<TestApp, 'close'> | undefined;
  beforeAll(async () => void (world = await startWorld()));
  afterEach(async () => {
    await app?.close();
    app = undefined;
  });
  afterAll(() => world.close());

  const start = async (type: Type) =>
    (app = await startApp(world, {
      ...(type === Gateway || type === Graph ? { providers: [type] } : { controllers: [type] }),
      options: { targets: type === Notified || type === Declared ? { orders_api: ordersTarget(world, ORDERS) } : {} },
      prepare: hybrid => {
        hybrid.useWebSocketAdapter(new WsAdapter(hybrid));
        hybrid.connectMicroservice({ transport: Transport.TCP, options: { port: 0 } });
      },
    }));

  it.each<[how: string, type: Type, message: RegExp]>([
    ['a message handler with @Identity()', Named, USES],
    ['an event handler with @Delegated()', Notified, USES],
    ['a message handler with @DelegatesTo()', Declared, USES],
    ['a gateway with @Identity()', Gateway, USES],
    ['a message handler with @RequireScopes()', Scoped, DEMANDS],
    ['an event handler with @Authenticated()', Authentic, DEMANDS],
    ['a resolver with @RequireScopes()', Graph, DEMANDS],
    ['a message handler with @RequireApproval()', Approved, APPROVED],
  ])('stops the boot as %s: nobody would check it, or fill it in', async (_how, type, message) => {
    await expect(start(type)).rejects.toThrow(message);
  });

  it('stops the boot of a receiver too', async () => {
    const receiver = { service: 'orders_api', resource: ORDERS, controllers: [Scoped] };
    await expect(startReceiver(world, receiver)).rejects.toThrow(DEMANDS);
  });

  it('starts where its guard is all that it demands', async () => {
    await start(Sound);
  });
});
