import { Payload } from '@nestjs/microservices';
import { McpController, Tool, ToolScopes } from '@rekog/mcp-nest';
import { Authenticated, Identity } from 'nestjs-eie';
import { z } from 'zod';

const OrderId = z.object({ orderId: z.string().min(3) });

@McpController()
export class OrderTools {
  /** `@ToolScopes()` counts as it is. */
  @Tool({ name: 'get_order', description: 'One order of the caller', parameters: OrderId })
  @ToolScopes(['orders:read'])
  get(@Payload() { orderId }: z.infer<typeof OrderId>, @Identity('actor.sub') owner: string) {
    return { orderId, owner, status: 'shipped' };
  }

  /** A tool that had no scopes needs a policy now. */
  @Tool({ name: 'opening_hours', description: 'When the shop is open' })
  @Authenticated()
  hours() {
    return { open: '09:00', close: '18:00' };
  }
}
