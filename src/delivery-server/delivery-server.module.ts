import { type DynamicModule, Module } from '@nestjs/common';
import { ExpressAdapter } from '@nestjs/platform-express';
import { EieModule, type EieOptions } from 'nestjs-eie';
import { EieMcpModule } from 'nestjs-eie/mcp';
import { listen } from '../shop/nest.js';
import { type StartPart } from '../shop/part.js';
import { auditOptions, resource, type Settings } from '../shop/settings.js';
import { issuer } from '../shop/trust.js';
import { DeliveriesService } from './deliveries.service.js';
import { EstimateTools } from './estimate.tools.js';

/**
 * It accepts tokens of the authorization server alone. The only agent that it has registered is the MCP server of the shop. It calls nobody,
 * so it seals nothing.
 */
const identityOptions = (settings: Settings): EieOptions => ({
  resource: resource(settings, 'delivery-server'),
  issuers: [{ ...issuer(settings), agents: { 'shop-mcp': 'shop-mcp' } }],
  authorization: { unregisteredAgents: 'refuse', scopesSupported: ['deliveries:read'] },
  audit: auditOptions(settings, 'delivery-server'),
});

/** The MCP server of the company that delivers for the shop: a boundary of its own, which the shop's MCP server calls. */
@Module({ providers: [EstimateTools, DeliveriesService] })
export class DeliveryServerModule {
  static for(settings: Settings): DynamicModule {
    return {
      module: DeliveryServerModule,
      imports: [
        EieModule.forRoot(identityOptions(settings)),
        EieMcpModule.register({ path: 'mcp', name: 'delivery', version: '1.0.0' }),
      ],
    };
  }
}

export const startDeliveryServer: StartPart = settings =>
  listen(DeliveryServerModule.for(settings), new ExpressAdapter(), settings.ports['delivery-server']);
