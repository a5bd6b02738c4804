import { Delegated, type DelegatedFetch, RequireScopes } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';

@ToolController()
export class OrderTools {
  @Tool({ name: 'list_orders', description: 'The orders of the caller' })
  @RequireScopes('orders:read')
  list(@Delegated('orders_api') orders: DelegatedFetch) {
    return orders.json('/orders');
  }
}
