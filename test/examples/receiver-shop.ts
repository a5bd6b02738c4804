import { Controller, Get } from '@nestjs/common';
import { Delegated, type DelegatedFetch, RequireScopes } from 'nestjs-eie';
import { startApp } from '../support/app.js';
import { startLoopback } from '../support/loopback.js';
import { ordersTarget } from '../support/orders.js';
import { MCP, ORDERS, SERVER_CLIENT, startWorld, TRUST_DOMAIN, type World } from '../support/world.js';

@Controller('call')
class ReceiverCaller {
  @Get()
  @RequireScopes('orders:read')
  async call(@Delegated('orders_api') orders: DelegatedFetch) {
    return (await orders('/')).json();
  }
}

/** What stands around a receiver: the issuer, and a server that seals and calls. */
export interface ReceiverShop {
  world: World;
  /** What a receiver has to be told of both. */
  variables: Record<string, string>;
  /** Starts the server that calls the receiver at this address. */
  caller(receiver: string): Promise<string>;
  close(): Promise<void>;
}

export async function startReceiverShop(): Promise<ReceiverShop> {
  const world = await startWorld();
  const sealerKeys = await startLoopback((_request, response) => response.end(JSON.stringify(world.sealing.jwks)));
  const parts: { close(): Promise<void> }[] = [world, sealerKeys];
  return {
    world,
    variables: {
      ISSUER: world.issuer,
      ISSUER_KEYS: world.jwksUri,
      RESOURCE: ORDERS,
      TRUST_DOMAIN,
      SEALER: MCP,
      SEALER_KEYS: sealerKeys.url,
      SEALER_CLIENT: SERVER_CLIENT,
    },
    async caller(receiver) {
      const shop = await startApp(world, {
        controllers: [ReceiverCaller],
        options: {
          targets: { orders_api: ordersTarget(world, receiver) },
          signing: { keys: world.sealing.keys, trustDomain: TRUST_DOMAIN },
        },
      });
      parts.push(shop);
      return shop.url;
    },
    close: async () => void (await Promise.all(parts.map(part => part.close()))),
  };
}
