import {
  type Account,
  type AuthorizationServerOptions,
  type ClientRegistration,
  TOKEN_EXCHANGE,
} from '../authorization-server/authorization-server.js';
import { MCP_CLIENT, resource, SCOPES, type Settings, TOKEN_LIFETIME } from './settings.js';

export const REDIRECT_URI = 'http://127.0.0.1/callback';

/** Demonstration accounts: whoever reads this file can log in, on the loopback interface. */
export const ACCOUNTS: Account[] = [
  { sub: 'alice', password: 'alice-of-acme', tenant: 'acme', name: 'Alice' },
  { sub: 'bob', password: 'bob-of-globex', tenant: 'globex', name: 'Bob' },
];

export const MACHINE = { client_id: 'night-batch', client_secret: 'night-batch-secret' };

/** The authorization server says itself which agent this client is: `act` in the user's token. */
export const AGENT_IN_TOKEN = 'assistant';
/** The authorization server knows no agent here: the MCP server has a registry of its own. */
export const AGENT_IN_REGISTRY = 'desk-copilot';
export const AGENT_REGISTRY = { [AGENT_IN_REGISTRY]: 'agent-desk-copilot' };

export const INSPECTOR_CLIENT = 'inspector';

const application: Omit<ClientRegistration, 'client_id'> = {
  application_type: 'native',
  token_endpoint_auth_method: 'none',
  redirect_uris: [REDIRECT_URI],
  grant_types: ['authorization_code'],
};

/** Who exists in this shop, and what the MCP server may exchange a user's token for. */
export function registrations(settings: Settings): AuthorizationServerOptions {
  const [mcp, delivery] = [resource(settings, 'mcp-server'), resource(settings, 'delivery-server')];
  const [orders, billing, invoices] = [
    resource(settings, 'orders-api'),
    resource(settings, 'billing-api'),
    resource(settings, 'invoices-api'),
  ];
  return {
    port: settings.ports['authorization-server'],
    accounts: ACCOUNTS,
    resources: {
      [mcp]: { scopes: SCOPES, lifetime: TOKEN_LIFETIME },
      [orders]: { scopes: ['orders:read', 'orders:write'] },
      [billing]: { scopes: ['billing:read'] },
      [invoices]: { scopes: ['invoices:read'] },
      [delivery]: { scopes: ['deliveries:read'] },
    },
    clients: [
      { ...application, client_id: AGENT_IN_TOKEN, client_name: 'Assistant', agent: { sub: 'agent-assistant' } },
      { ...application, client_id: AGENT_IN_REGISTRY, client_name: 'Desk Copilot' },
      {
        ...application,
        client_id: INSPECTOR_CLIENT,
        client_name: 'MCP Inspector',
        redirect_uris: ['127.0.0.1', 'localhost'].flatMap(host => [
          `http://${host}:6274/oauth/callback`,
          `http://${host}:6274/oauth/callback/debug`,
        ]),
      },
      {
        ...MACHINE,
        token_endpoint_auth_method: 'client_secret_basic',
        grant_types: ['client_credentials'],
        tenant: 'acme',
      },
      {
        client_id: MCP_CLIENT,
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [{ ...settings.mcpClientKey, kty: 'EC' }] },
        grant_types: ['client_credentials', TOKEN_EXCHANGE],
        resource_id: mcp,
      },
    ],
    exchange: { [MCP_CLIENT]: { [orders]: 'delegation', [invoices]: 'impersonation', [delivery]: 'delegation' } },
  };
}
