import { IsString, Length } from 'class-validator';
import { type Actor, type Agent, Identity, RequireScopes } from 'nestjs-eie';
import { Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';
import { DeliveriesService, type Estimate } from './deliveries.service.js';

export class EstimateQuery {
  /** As the shop numbers its orders. Whose order it is, is no input. */
  @IsString()
  @Length(1, 20)
  order_id: string;
}

/** Whom the delivery server answers: the user, the server that calls for them, and the agents behind it. */
export interface Seen {
  user: string;
  tenant: string | undefined;
  agent: string;
  chain: string[];
}

@ToolController()
export class EstimateTools {
  constructor(private readonly deliveries: DeliveriesService) {}

  @Tool({
    name: 'get_delivery_estimate',
    description: 'When one of your orders arrives, and in whose name that was asked.',
  })
  @RequireScopes('deliveries:read')
  estimate(
    @ToolInput() { order_id }: EstimateQuery,
    @Identity('actor') customer: Actor,
    @Identity('agent.id') agent: string,
    @Identity('agent.chain') chain: Agent['chain'],
  ): Estimate & { seen: Seen } {
    const { sub: user, tenant } = customer;
    return {
      ...this.deliveries.estimate(order_id, customer),
      seen: { user, tenant, agent, chain: chain.map(({ sub }) => sub) },
    };
  }
}
