import { type JWK } from 'jose';

/** Every part is a process of its own. The order is the order in which they start. */
export const PARTS = [
  'authorization-server',
  'orders-api',
  'billing-api',
  'invoices-api',
  'delivery-server',
  'mcp-server',
] as const;
export type PartName = (typeof PARTS)[number];

export const TRUST_DOMAIN = 'shop.example';
/** The MCP server as a client of the authorization server. */
export const MCP_CLIENT = 'shop-mcp';
export const TENANTS = ['acme', 'globex'];
/** How long an access token is good for, in seconds. */
export const TOKEN_LIFETIME = 5 * 60;
export const SCOPES = ['orders:read', 'orders:write', 'billing:read', 'invoices:read', 'deliveries:read'];

/** What every part is told by the process that starts it. */
export interface Settings {
  readonly ports: Readonly<Record<PartName, number>>;
  /** Each part that keeps an audit log has a folder here, named after the part. */
  readonly auditFolder: string;
  /** The public half of the key by which the MCP server proves itself to the authorization server. */
  readonly mcpClientKey: JWK;
  /** Only the MCP server is given these. */
  readonly privateKeys?: { readonly client: JWK; readonly sealing: JWK };
}

export const origin = ({ ports }: Settings, part: PartName): string => `http://127.0.0.1:${ports[part]}`;

const MCP_SERVERS: PartName[] = ['mcp-server', 'delivery-server'];

/** The identifier of a part that takes access tokens: their audience, and the URL to call it at. */
export const resource = (settings: Settings, part: PartName): string =>
  origin(settings, part) + (MCP_SERVERS.includes(part) ? '/mcp' : '');

/** The audit log of a part: a folder of its own in the one of the shop. */
export const auditOptions = (settings: Settings, part: PartName) => ({
  directory: settings.auditFolder,
  instance: part,
  anchor: anchorOf(settings),
});

/** Stands for a place on another machine, which the shop can only add to. */
export const anchorOf = ({ auditFolder }: Pick<Settings, 'auditFolder'>): string => `${auditFolder}/anchor`;
