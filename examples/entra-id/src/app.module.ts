import { Module } from '@nestjs/common';
import { EieModule, type EieOptions } from 'nestjs-eie';
import { EieMcpModule } from 'nestjs-eie/mcp';
import { entraId } from 'nestjs-eie/presets';
import { OrderTools } from './order.tools.js';

/** Read when the application starts, and named if it is not there. */
function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`Set ${name}: see .env.example.`);
  return value;
}

function identityOptions(): EieOptions {
  const clientId = required('ENTRA_CLIENT_ID');
  const directory = entraId({
    tenantId: required('ENTRA_TENANT_ID'),
    audience: [clientId],
    client: { clientId, auth: { method: 'client_secret_post', secret: required('ENTRA_CLIENT_SECRET') } },
  });
  return {
    resource: required('EIE_RESOURCE'),
    issuers: [directory],
    targets: {
      orders_api: {
        mode: 'on_behalf_of',
        baseUrl: required('ORDERS_URL'),
        issuer: directory.issuer,
        resource: required('ORDERS_URI'),
        audience: required('ORDERS_CLIENT_ID'),
        // The right here, and its name at the API.
        scopes: { 'Orders.Read': ['Orders.Read'] },
        // No token of Entra ID names an actor.
        actEvidence: 'none',
        // The API gets the exchanged token alone. Without `external`, give `signing`: it then gets the Txn-Token too.
        external: true,
      },
    },
  };
}

@Module({
  imports: [
    EieModule.forRootAsync({ useFactory: identityOptions }),
    EieMcpModule.register({ path: 'mcp', name: 'shop', version: '1.0.0' }),
  ],
  providers: [OrderTools],
})
export class AppModule {}
