import { IsString, Matches } from 'class-validator';
import { Delegated, type DelegatedFetch, RequireScopes } from 'nestjs-eie';
import { Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { answerOf } from './answer.js';

export class OrderQuery {
  /** The model names the order, and nothing else: whose it is, is no input. */
  @IsString()
  @Matches(/^[A-Z]-\d{1,8}$/, { message: 'order_id must look like A-1001' })
  order_id: string;
}

@ToolController()
export class OrderTools {
  @Tool({ name: 'get_order_status', description: 'The status of one of your orders.' })
  @RequireScopes('orders:read')
  async status(
    @ToolInput() { order_id }: OrderQuery,
    @Delegated('orders_api') orders: DelegatedFetch,
  ): Promise<unknown> {
    const response = await orders(`/orders/${encodeURIComponent(order_id)}`);
    return (await answerOf(response, `order ${order_id}`)).json();
  }

  @Tool({ name: 'cancel_order', description: 'Cancels one of your orders that has not been shipped.' })
  @RequireScopes('orders:write')
  async cancel(
    @ToolInput() { order_id }: OrderQuery,
    @Delegated('orders_api') orders: DelegatedFetch,
  ): Promise<unknown> {
    const response = await orders(`/orders/${encodeURIComponent(order_id)}/cancellation`, { method: 'POST' });
    return (await answerOf(response, `order ${order_id}`)).json();
  }
}
