import { IsString } from 'class-validator';
import { Delegated, type DelegatedFetch, path, RequireScopes } from 'nestjs-eie';
import { Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';

export class OrderQuery {
  @IsString()
  id: string;
}

@ToolController()
export class OrderTools {
  @Tool({ name: 'get_order', description: 'The state of an order' })
  @RequireScopes('orders:read')
  get(@ToolInput() { id }: OrderQuery, @Delegated('orders_api') orders: DelegatedFetch) {
    return orders.json(path`/orders/${id}`);
  }
}
