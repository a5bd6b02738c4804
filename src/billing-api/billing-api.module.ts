import { type DynamicModule, Module } from '@nestjs/common';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { EieReceiverModule } from 'nestjs-eie/receiver';
import { listen } from '../shop/nest.js';
import { type StartPart } from '../shop/part.js';
import { type Settings } from '../shop/settings.js';
import { receiver } from '../shop/trust.js';
import { BalanceController } from './balance.controller.js';
import { BalanceService } from './balance.service.js';

/** The billing API: it is called by the shop's own services only, and learns from the Txn-Token whom they act for. */
@Module({ controllers: [BalanceController], providers: [BalanceService] })
export class BillingApiModule {
  static for(settings: Settings): DynamicModule {
    return {
      module: BillingApiModule,
      imports: [EieReceiverModule.forRoot(receiver(settings, 'billing-api', 'billing_api'))],
    };
  }
}

export const startBillingApi: StartPart = settings =>
  listen(BillingApiModule.for(settings), new FastifyAdapter() as never, settings.ports['billing-api']);
