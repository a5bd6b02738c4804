import { Controller, Get } from '@nestjs/common';
import { type ExecutionIdentityEnvelope, Identity, RequireScopes } from 'nestjs-eie';

@Controller('orders')
export class OrdersController {
  @Get()
  @RequireScopes('orders:read')
  list(@Identity() { actor, agent }: ExecutionIdentityEnvelope) {
    // Look the orders of `actor.sub` up here: a person's id at Keycloak, which no caller can choose.
    return { orders: [{ id: 'A-1001', status: 'shipped' }], customer: actor.sub, askedBy: agent.id };
  }
}
