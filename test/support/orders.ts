import { Controller, Get, Post } from '@nestjs/common';
import { type ExecutionIdentityEnvelope, Identity, RequireScopes, type TargetOptions } from 'nestjs-eie';
import { BILLING, INVOICES, ORDERS, type World } from './world.js';

/** What a downstream handler sees of the caller. */
const seen = ({ actor, agent, authorization, delegation, session }: ExecutionIdentityEnvelope) => ({
  sub: actor.sub,
  tenant: actor.tenant,
  agent: agent.id,
  scopes: authorization.scopes,
  mode: delegation.mode,
  allowed: delegation.allowed,
  trace: session.trace_id,
});

@Controller('api/orders')
export class OrdersController {
  @Get()
  @RequireScopes('orders:read')
  list(@Identity() identity: ExecutionIdentityEnvelope) {
    return seen(identity);
  }

  @Post()
  @RequireScopes('orders:write')
  create(@Identity() identity: ExecutionIdentityEnvelope) {
    return seen(identity);
  }
}

@Controller('balance')
export class BillingController {
  @Get()
  @RequireScopes('billing:read')
  balance(@Identity() identity: ExecutionIdentityEnvelope) {
    return seen(identity);
  }
}

export const ordersTarget = (world: World, baseUrl: string): TargetOptions => ({
  mode: 'on_behalf_of',
  baseUrl,
  issuer: world.issuer,
  resource: ORDERS,
  scopes: ['orders:read', 'orders:write'],
});

export const billingTarget = (world: World, baseUrl: string): TargetOptions => ({
  mode: 'service_identity',
  baseUrl,
  issuer: world.issuer,
  resource: BILLING,
  scopes: ['billing:read'],
});

export const invoicesTarget = (world: World, baseUrl: string): TargetOptions => ({
  mode: 'restricted_user',
  baseUrl,
  issuer: world.issuer,
  resource: INVOICES,
  scopes: ['invoices:read'],
  external: true,
  reason: 'The invoice archive predates the act claim and rejects tokens that have one.',
});
