import { type EieOptions } from 'nestjs-eie';
import { AGENT_REGISTRY } from '../shop/registrations.js';
import {
  auditOptions,
  MCP_CLIENT,
  origin,
  type PartName,
  resource,
  SCOPES,
  type Settings,
  TRUST_DOMAIN,
} from '../shop/settings.js';
import { issuer } from '../shop/trust.js';

/** Whom the MCP server believes, and how it calls each API. */
export function identityOptions(settings: Settings): EieOptions {
  const { privateKeys } = settings;
  if (!privateKeys) throw new Error('The MCP server was started without its keys.');
  const api = (part: PartName) => ({
    baseUrl: resource(settings, part),
    issuer: origin(settings, 'authorization-server'),
    resource: resource(settings, part),
  });
  return {
    resource: resource(settings, 'mcp-server'),
    issuers: [
      {
        ...issuer(settings),
        agents: AGENT_REGISTRY,
        client: { clientId: MCP_CLIENT, auth: { method: 'private_key_jwt', key: privateKeys.client } },
      },
    ],
    signing: { keys: [privateKeys.sealing], trustDomain: TRUST_DOMAIN },
    authorization: { scopesSupported: SCOPES },
    targets: {
      orders_api: { ...api('orders-api'), mode: 'on_behalf_of', scopes: ['orders:read', 'orders:write'] },
      billing_api: { ...api('billing-api'), mode: 'service_identity', scopes: ['billing:read'] },
      invoices_api: {
        ...api('invoices-api'),
        mode: 'restricted_user',
        scopes: ['invoices:read'],
        external: true,
        reason: 'A legacy API: it knows users and their tokens, and no server that acts for them.',
      },
      // An MCP server of another company. A boundary reads access tokens only, so a Txn-Token would tell it nothing.
      delivery_server: { ...api('delivery-server'), mode: 'on_behalf_of', scopes: ['deliveries:read'], external: true },
    },
    audit: auditOptions(settings, 'mcp-server'),
  };
}
