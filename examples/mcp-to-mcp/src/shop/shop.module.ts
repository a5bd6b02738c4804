import { Module } from '@nestjs/common';
import { EieModule } from 'nestjs-eie';
import { EieMcpModule } from 'nestjs-eie/mcp';
import { issuer, required, shopClient } from '../settings.js';
import { DeliveryTools } from './delivery.tools.js';

const delivery = required('DELIVERY_RESOURCE');

@Module({
  imports: [
    EieModule.forRoot({
      resource: required('SHOP_RESOURCE'),
      issuers: [
        {
          ...issuer,
          client: {
            clientId: shopClient,
            auth: { method: 'client_secret_basic', secret: required('SHOP_CLIENT_SECRET') },
          },
        },
      ],
      targets: {
        delivery_server: {
          mode: 'on_behalf_of',
          baseUrl: delivery,
          issuer: issuer.issuer,
          resource: delivery,
          scopes: ['deliveries:read'],
          // An MCP server reads access tokens alone: a Txn-Token would tell it nothing.
          external: true,
        },
      },
      audit: { instance: 'shop' },
    }),
    EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' }),
  ],
  providers: [DeliveryTools],
})
export class ShopModule {}
