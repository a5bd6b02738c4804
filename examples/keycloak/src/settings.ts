import { keycloak } from 'nestjs-eie/presets';

/** Read when the application starts, and named if it is not there. */
export function required(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`Set ${name}: see .env.example.`);
  return value;
}

/** What both servers must agree about. The names of clients are those of realm.json. */
export const settings = {
  mcpResource: required('MCP_RESOURCE'),
  ordersUrl: required('ORDERS_URL'),
  mcpClient: 'shop-mcp',
  ordersClient: 'orders-api',
  realm: { url: required('KEYCLOAK_URL'), realm: required('KEYCLOAK_REALM') },
};

/** The issuer, as in the claim `iss`. */
export const { issuer } = keycloak(settings.realm);
