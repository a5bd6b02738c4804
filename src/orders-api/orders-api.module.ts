import { type DynamicModule, Module } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { EieReceiverModule } from 'nestjs-eie/receiver';
import { listen } from '../shop/nest.js';
import { type StartPart } from '../shop/part.js';
import { type Settings } from '../shop/settings.js';
import { receiver } from '../shop/trust.js';
import { OrdersController } from './orders.controller.js';
import { OrdersService } from './orders.service.js';

/** The orders API: users only, each of whom sees and cancels only their own orders. */
@Module({ controllers: [OrdersController], providers: [OrdersService] })
export class OrdersApiModule {
  static for(settings: Settings): DynamicModule {
    return {
      module: OrdersApiModule,
      imports: [EieReceiverModule.forRoot(receiver(settings, 'orders-api', 'orders_api'))],
    };
  }
}

export const startOrdersApi: StartPart = settings =>
  listen(OrdersApiModule.for(settings), new ExpressAdapter(), settings.ports['orders-api']);
