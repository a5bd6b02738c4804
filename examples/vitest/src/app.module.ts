import { Module } from '@nestjs/common';
import { EieModule } from 'nestjs-eie';
import { EieMcpModule } from 'nestjs-eie/mcp';
import { keycloak } from 'nestjs-eie/presets';
import { OrderTools } from './order.tools.js';

const id = keycloak({ url: 'https://id.shop.example', realm: 'shop' });

@Module({
  imports: [
    EieModule.forRoot({
      resource: 'https://mcp.shop.example/mcp',
      issuers: [
        {
          ...id,
          client: {
            clientId: 'shop-mcp',
            auth: { method: 'client_secret_basic', secret: process.env.SECRET ?? 'none' },
          },
        },
      ],
      signing: 'ephemeral',
      targets: {
        orders_api: {
          mode: 'on_behalf_of',
          baseUrl: 'https://orders.shop.example',
          issuer: id.issuer,
          resource: 'orders-api',
          scopes: ['orders:read'],
          actEvidence: 'none',
        },
      },
    }),
    EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' }),
  ],
  providers: [OrderTools],
})
export class AppModule {}
