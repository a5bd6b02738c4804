import { Controller, Get } from '@nestjs/common';
import { Delegated, type DelegatedFetch, RequireScopes } from 'nestjs-eie';
import { startApp } from './app.js';
import { startLoopback } from './loopback.js';
import { ordersTarget } from './orders.js';
import { startWorld, type World } from './world.js';

/** Calls the target `orders_api` for whoever calls it. */
@Controller('call')
export class Caller {
  @Get()
  @RequireScopes('orders:read')
  async call(@Delegated('orders_api') orders: DelegatedFetch) {
    return (await orders('/')).json();
  }
}

export interface DelegatedCall {
  readonly world: World;
  /** Those that a server has sent to its target, for a user of acme. */
  readonly headers: Record<string, string>;
  close(): Promise<unknown>;
}

/** A call that a server makes for its user, as the API behind it gets it. */
export async function startDelegatedCall(): Promise<DelegatedCall> {
  const [world, api] = await Promise.all([startWorld(), startLoopback()]);
  const app = await startApp(world, {
    controllers: [Caller],
    options: { signing: { keys: world.sealing.keys }, targets: { orders_api: ordersTarget(world, api.url) } },
  });
  await fetch(`${app.url}/call`, { headers: { authorization: `Bearer ${world.userToken()}` } });
  return {
    world,
    headers: api.requests[0]!.headers as Record<string, string>,
    close: () => Promise.all([app, api, world].map(one => one.close())),
  };
}
