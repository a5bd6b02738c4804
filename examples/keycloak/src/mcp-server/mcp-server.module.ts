import { Module } from '@nestjs/common';
import { EieModule } from 'nestjs-eie';
import { EieMcpModule } from 'nestjs-eie/mcp';
import { keycloak } from 'nestjs-eie/presets';
import { issuer, required, settings } from '../settings.js';
import { OrderTools } from './order.tools.js';

const { mcpClient, mcpResource, ordersClient, ordersUrl, realm } = settings;

@Module({
  imports: [
    EieModule.forRoot({
      resource: mcpResource,
      issuers: [
        keycloak({
          ...realm,
          // Keycloak lets a client exchange a token only if it is an audience of it.
          toleratedAudiences: [mcpClient],
          client: {
            clientId: mcpClient,
            auth: { method: 'client_secret_basic', secret: required('MCP_CLIENT_SECRET') },
          },
        }),
      ],
      // A key of your own in production: `{ keys: [JSON.parse(…)] }`.
      signing: 'ephemeral',
      audit: { instance: 'mcp-server' },
      targets: {
        orders_api: {
          mode: 'restricted_user',
          reason: 'Keycloak names no actor in an exchanged token. The orders API knows the agent by the Txn-Token.',
          baseUrl: ordersUrl,
          issuer,
          resource: ordersClient,
          scopes: ['orders:read'],
        },
      },
    }),
    EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' }),
  ],
  providers: [OrderTools],
})
export class McpServerModule {}
