import { IsInt, IsString, Matches, Max, Min } from 'class-validator';
import { Delegated, type DelegatedFetch, path, RequireApproval, RequireScopes } from 'nestjs-eie';
import { Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { answerOf } from './answer.js';

export class OrderQuery {
  /** The model names the order, and nothing else: whose it is, is no input. */
  @IsString()
  @Matches(/^[A-Z]-\d{1,8}$/, { message: 'order_id must look like A-1001' })
  order_id: string;
}

export class OrderRefund extends OrderQuery {
  /** In EUR. */
  @IsInt()
  @Min(1)
  @Max(10_000)
  amount: number;
}

@ToolController()
export class OrderTools {
  @Tool({ name: 'get_order_status', description: 'The status of one of your orders.' })
  @RequireScopes('orders:read')
  status(@ToolInput() { order_id }: OrderQuery, @Delegated('orders_api') orders: DelegatedFetch): Promise<unknown> {
    return answerOf(orders.json(path`/orders/${order_id}`), `order ${order_id}`);
  }

  @Tool({ name: 'cancel_order', description: 'Cancels one of your orders that has not been shipped.' })
  @RequireScopes('orders:write')
  cancel(@ToolInput() { order_id }: OrderQuery, @Delegated('orders_api') orders: DelegatedFetch): Promise<unknown> {
    const answer = orders.json(path`/orders/${order_id}/cancellation`, { method: 'POST' });
    return answerOf(answer, `order ${order_id}`);
  }

  @Tool({ name: 'refund_order', description: 'Pays money back for one of your orders that has been shipped.' })
  @RequireScopes('orders:write')
  @RequireApproval({ reason: 'Money is paid back for an order.', show: ['order_id', 'amount'] })
  refund(
    @ToolInput() { order_id, amount }: OrderRefund,
    @Delegated('orders_api') orders: DelegatedFetch,
  ): Promise<unknown> {
    const answer = orders.json(path`/orders/${order_id}/refunds`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ amount }),
    });
    return answerOf(answer, `order ${order_id}`);
  }
}
