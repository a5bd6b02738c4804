import { type DynamicModule } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import {
  type AuthorizationServer,
  startAuthorizationServer,
} from '../../../src/authorization-server/authorization-server.js';
import { BalanceService } from '../../../src/billing-api/balance.service.js';
import { BillingApiModule } from '../../../src/billing-api/billing-api.module.js';
import { DeliveriesService } from '../../../src/delivery-server/deliveries.service.js';
import { DeliveryServerModule } from '../../../src/delivery-server/delivery-server.module.js';
import { OrdersApiModule } from '../../../src/orders-api/orders-api.module.js';
import { OrdersService } from '../../../src/orders-api/orders.service.js';
import { listen } from '../../../src/shop/nest.js';
import { type Part } from '../../../src/shop/part.js';
import { registrations } from '../../../src/shop/registrations.js';
import { startInvoices } from './invoices.js';
import { EverybodysBalance, EverybodysDeliveries, EverybodysOrders } from './orders.js';
import { witness } from './witness.js';
import { type PartName, type Settings } from '../../../src/shop/settings.js';
import { type Arrival } from '../seen.js';
import { namesOf } from './shop-users.js';

/** Everything around the MCP server, with something in it for everybody: the authorization server and the APIs. */
export async function startSurroundings(
  settings: Settings,
  users: number,
  note: (arrival: Arrival) => void,
  onToken?: (token: string) => void,
): Promise<{ server: AuthorizationServer; parts: Part[] }> {
  const registered = registrations(settings);
  const accounts = namesOf(users).map(sub => ({ sub, password: sub, tenant: 'acme', name: sub }));
  const server = await startAuthorizationServer({ ...registered, accounts, ...(onToken && { onToken }) });
  const instead = (module: DynamicModule, provide: unknown, useClass: unknown): DynamicModule => ({
    ...module,
    providers: [{ provide: provide as never, useClass: useClass as never }],
  });
  const served: [PartName, Promise<Part>][] = [
    [
      'orders-api',
      listen(
        instead(OrdersApiModule.for(settings), OrdersService, EverybodysOrders),
        new ExpressAdapter(),
        settings.ports['orders-api'],
      ),
    ],
    [
      'billing-api',
      listen(
        instead(BillingApiModule.for(settings), BalanceService, EverybodysBalance),
        new FastifyAdapter() as never,
        settings.ports['billing-api'],
      ),
    ],
    [
      'delivery-server',
      listen(
        instead(DeliveryServerModule.for(settings), DeliveriesService, EverybodysDeliveries),
        new ExpressAdapter(),
        settings.ports['delivery-server'],
      ),
    ],
    ['invoices-api', startInvoices(settings)],
  ];
  const parts = await Promise.all(
    served.map(async ([name, starting]) => {
      const part = await starting;
      witness(name, part.server!, note);
      part.server!.keepAliveTimeout = 120_000;
      return part;
    }),
  );
  return { server, parts };
}
