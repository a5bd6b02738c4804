import { Module } from '@nestjs/common';
import { keycloak } from 'nestjs-eie/presets';
import { EieReceiverModule } from 'nestjs-eie/receiver';
import { issuer, settings } from '../settings.js';
import { OrdersController } from './orders.controller.js';

const { mcpClient, mcpResource, ordersClient, ordersUrl, realm } = settings;

@Module({
  imports: [
    EieReceiverModule.forRoot({
      service: 'orders_api',
      resource: ordersUrl,
      issuers: [keycloak({ ...realm, audience: [ordersClient] })],
      trust: {
        trustDomain: new URL(mcpResource).host,
        issuers: [
          {
            issuer: mcpResource,
            jwksUri: new URL('/.well-known/jwks.json', mcpResource).href,
            presenters: [{ issuer, clientId: mcpClient }],
          },
        ],
      },
      audit: { instance: 'orders-api' },
    }),
  ],
  controllers: [OrdersController],
})
export class OrdersApiModule {}
