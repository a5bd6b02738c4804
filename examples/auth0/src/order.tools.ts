import { Authenticated, Delegated, type DelegatedFetch, Identity, RequireScopes } from 'nestjs-eie';
import { Tool, ToolController } from 'nestjs-eie/mcp';

@ToolController()
export class OrderTools {
  @Tool({ name: 'whoami', description: 'Who calls, and through which agent' })
  @Authenticated()
  whoami(@Identity('actor.sub') user: string, @Identity('agent.id') agent: string) {
    return { user, agent };
  }

  @Tool({ name: 'list_orders', description: 'The orders of the caller' })
  @RequireScopes('orders:read')
  list(@Delegated('orders_api') orders: DelegatedFetch) {
    return orders.json('/orders');
  }
}
