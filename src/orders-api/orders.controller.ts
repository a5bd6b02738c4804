import { Body, Controller, Get, HttpCode, Param, Post } from '@nestjs/common';
import { type Actor, type ExecutionIdentityEnvelope, Identity, RequireScopes } from 'nestjs-eie';
import { type Order, OrdersService } from './orders.service.js';

@Controller('orders')
export class OrdersController {
  constructor(private readonly orders: OrdersService) {}

  @Get(':id')
  @RequireScopes('orders:read')
  find(@Param('id') id: string, @Identity('actor') customer: Actor): Order {
    return this.orders.find(id, customer);
  }

  @Post(':id/cancellation')
  @HttpCode(200)
  @RequireScopes('orders:write')
  cancel(@Param('id') id: string, @Identity() { actor, agent }: ExecutionIdentityEnvelope): Order {
    return this.orders.cancel(id, actor, { user: actor.sub, agent: agent.id });
  }

  @Post(':id/refunds')
  @HttpCode(200)
  @RequireScopes('orders:write')
  refund(@Param('id') id: string, @Body('amount') amount: unknown, @Identity('actor') customer: Actor): Order {
    return this.orders.refund(id, amount, customer);
  }
}
