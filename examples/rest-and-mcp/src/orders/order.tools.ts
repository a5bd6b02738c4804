import { Identity, RequireScopes } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';
import { OrdersService } from './orders.service.js';

@ToolController()
export class OrderTools {
  constructor(private readonly orders: OrdersService) {}

  @Tool({ name: 'list_orders', description: 'The orders of the caller' })
  @RequireScopes('orders:read')
  list(@Identity('actor.sub') user: string) {
    return { orders: this.orders.of(user) };
  }
}
