import { Controller, Get } from '@nestjs/common';
import { Authenticated, Identity, Public, Unmanaged } from 'nestjs-eie';
import { OrdersService } from './orders.service.js';
import { PartnerKeyGuard } from './partner-key.guard.js';

@Controller('orders')
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  /** In the place of `@UseGuards(PartnerKeyGuard)`: for that guard alone, the key is put back into the request. */
  @Get()
  @Unmanaged(PartnerKeyGuard, { reason: 'Partners have had keys of their own since before this server had users.' })
  all() {
    return this.orders.all();
  }

  /** A new route of the REST API, for the same users as the tools. */
  @Get('mine')
  @Authenticated()
  mine(@Identity('actor.sub') user: string) {
    return this.orders.of(user);
  }

  @Get('health')
  @Public({ reason: 'The load balancer asks, and learns nothing else.' })
  health() {
    return { status: 'up' };
  }
}
