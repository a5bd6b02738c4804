import { IsString } from 'class-validator';
import { type ExecutionIdentityEnvelope, Identity, RequireScopes } from 'nestjs-eie';
import { Tool, ToolController, ToolInput } from 'nestjs-eie/mcp';

export class Parcel {
  @IsString()
  parcel: string;
}

@ToolController()
export class EstimateTools {
  @Tool({ name: 'estimate', description: 'When a parcel of the caller arrives' })
  @RequireScopes('deliveries:read')
  estimate(@ToolInput() { parcel }: Parcel, @Identity() { actor, agent }: ExecutionIdentityEnvelope) {
    // The user, the server that calls, and under it the agent that called that one: nobody is lost on the way.
    return { parcel, arrives: 'tomorrow', for: actor.sub, agent: agent.id, chain: agent.chain.map(({ sub }) => sub) };
  }
}
