import { Module } from '@nestjs/common';
import { EieModule, type EieOptions } from 'nestjs-eie';
import { EieMcpModule } from 'nestjs-eie/mcp';
import { auth0 } from 'nestjs-eie/presets';
import { OrderTools } from './order.tools.js';

/** Read when the application starts, and named if it is not there. */
function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`Set ${name}: see .env.example.`);
  return value;
}

function identityOptions(): EieOptions {
  const tenant = auth0({
    domain: required('AUTH0_DOMAIN'),
    client: {
      clientId: required('AUTH0_CLIENT_ID'),
      auth: { method: 'client_secret_post', secret: required('AUTH0_CLIENT_SECRET') },
    },
  });
  return {
    resource: required('EIE_RESOURCE'),
    issuers: [tenant],
    // Auth0 shows that a user acts by the audience that `openid` adds.
    authorization: { scopesSupported: ['openid', 'orders:read'] },
    targets: {
      orders_api: {
        mode: 'on_behalf_of',
        baseUrl: required('ORDERS_URL'),
        issuer: tenant.issuer,
        resource: required('ORDERS_AUDIENCE'),
        scopes: ['orders:read'],
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
