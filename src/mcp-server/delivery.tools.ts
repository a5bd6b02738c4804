import { Delegated, type DelegatedFetch, RequireScopes } from 'nestjs-eie';
import { Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { OrderQuery } from './order.tools.js';
import { callRemoteTool } from './remote-tool.js';

@ToolController()
export class DeliveryTools {
  @Tool({ name: 'track_delivery', description: 'When one of your orders arrives, as the delivery company says.' })
  @RequireScopes('deliveries:read')
  track(
    @ToolInput() { order_id }: OrderQuery,
    @Delegated('delivery_server') delivery: DelegatedFetch,
  ): Promise<string> {
    return callRemoteTool(delivery, 'get_delivery_estimate', { order_id });
  }
}
