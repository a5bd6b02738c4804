import './wire.js';
import { exportJWK, type JWK } from 'jose';
import { type IssuerOptions, type JwkSet } from 'nestjs-eie';
import { newKeyPair } from '../../src/authorization-server/key-pair.js';
import {
  type AuthorizationServer,
  startAuthorizationServer,
  TOKEN_EXCHANGE,
} from '../../src/authorization-server/authorization-server.js';

export const MCP = 'https://mcp.shop.test/mcp';
export const ORDERS = 'https://orders.shop.test';
export const BILLING = 'https://billing.shop.test';
export const INVOICES = 'https://invoices.shop.test';
export const LEDGER = 'https://ledger.shop.test';
/** It has the scopes of the orders service. */
export const ARCHIVE = 'https://archive.shop.test';
/** Another MCP server, which the first one calls. */
export const DELIVERY = 'https://delivery.shop.test/mcp';
/** The default: the host of the resource of the MCP server. */
export const TRUST_DOMAIN = 'mcp.shop.test';
export const SERVER_CLIENT = 'mcp-server';
/** The orders service as a client of its own: what it calls onward with. */
export const ORDERS_CLIENT = 'orders-service';
const ORDERS_SECRET = 'orders-service-secret';

/** One shop's world on real parts: its authorization server, two agents, one machine client, one MCP server. */
export interface World extends AuthorizationServer {
  serverKey: JWK;
  /** The key that the MCP server seals envelopes with, and its public half for receivers. */
  sealing: { keys: JWK[]; jwks: JwkSet };
  /** Alice of acme through the desk copilot, for the MCP server, unless told otherwise. */
  userToken(changes?: Partial<Parameters<AuthorizationServer['mintUserToken']>[0]>): string;
  /** The machine client's own token for the MCP server. */
  machineToken(scope: string): Promise<string>;
  /** What an EieModule has to know of this issuer. */
  issuerOptions(changes?: Partial<IssuerOptions>): IssuerOptions;
  /** The orders service as a client of this issuer. */
  ordersClient: NonNullable<IssuerOptions['client']>;
  minted: string[];
}

interface WorldSetup {
  /** Whether logins and clients get opaque tokens for the MCP server and the orders service. */
  opaque?: boolean;
  /** A public key that the MCP server proves itself by, beside its own. */
  clientKey?: JWK;
}

export async function startWorld({ opaque = false, clientKey }: WorldSetup = {}): Promise<World> {
  const { privateKey, publicKey } = newKeyPair();
  const named = { kid: 'mcp-server-1', alg: 'ES256', use: 'sig' };
  const publicJwk = { ...(await exportJWK(publicKey)), ...named } as JWK & { kty: 'EC' };
  const application = {
    application_type: 'native' as const,
    token_endpoint_auth_method: 'none' as const,
    redirect_uris: ['http://127.0.0.1/callback'],
    grant_types: ['authorization_code'],
  };
  const sealingPair = newKeyPair();
  const sealing = {
    keys: [{ ...(await exportJWK(sealingPair.privateKey)), kid: 'seal-1' }],
    jwks: { keys: [{ ...(await exportJWK(sealingPair.publicKey)), kid: 'seal-1', alg: 'ES256' }] as JwkSet['keys'] },
  };
  const minted: string[] = [];
  const server = await startAuthorizationServer({
    onToken: token => minted.push(token),
    accounts: Array.from({ length: 10 }, (_, i) => i)
      .flatMap(i => [
        { sub: `user-${i}`, password: `password-${i}`, tenant: i % 2 ? 'globex' : 'acme', name: `User ${i}` },
      ])
      .concat(
        { sub: 'alice', password: 'correct horse', tenant: 'acme', name: 'Alice' },
        { sub: 'bob', password: 'battery staple', tenant: 'globex', name: 'Bob' },
      ),
    resources: {
      [MCP]: {
        opaque,
        scopes: [
          'orders:read',
          'orders:write',
          'billing:read',
          'invoices:read',
          'deliveries:read',
          'profile:read',
          'ledger:read',
          'ledger:write',
        ],
      },
      [ORDERS]: { opaque, scopes: ['orders:read', 'orders:write'] },
      [BILLING]: { scopes: ['billing:read'] },
      [INVOICES]: { scopes: ['invoices:read'] },
      [DELIVERY]: { scopes: ['deliveries:read'] },
      [LEDGER]: { scopes: ['ledger:read', 'ledger:write'] },
      [ARCHIVE]: { scopes: ['orders:read', 'orders:write'] },
    },
    clients: [
      { ...application, client_id: 'assistant', agent: { sub: 'agent-assistant' } },
      { ...application, client_id: 'desk-copilot' },
      {
        client_id: 'night-batch',
        client_secret: 'night-batch-secret',
        token_endpoint_auth_method: 'client_secret_basic',
        grant_types: ['client_credentials'],
        tenant: 'acme',
      },
      {
        client_id: SERVER_CLIENT,
        token_endpoint_auth_method: 'private_key_jwt',
        jwks: { keys: [publicJwk, ...(clientKey ? [clientKey as typeof publicJwk] : [])] },
        grant_types: ['client_credentials', TOKEN_EXCHANGE],
        resource_id: MCP,
      },
      {
        client_id: ORDERS_CLIENT,
        client_secret: ORDERS_SECRET,
        token_endpoint_auth_method: 'client_secret_basic',
        grant_types: ['client_credentials'],
      },
    ],
    exchange: { [SERVER_CLIENT]: { [ORDERS]: 'delegation', [INVOICES]: 'impersonation', [DELIVERY]: 'delegation' } },
  });
  const serverKey = { ...(await exportJWK(privateKey)), ...named };
  return {
    ...server,
    serverKey,
    sealing,
    minted,
    ordersClient: { clientId: ORDERS_CLIENT, auth: { method: 'client_secret_basic', secret: ORDERS_SECRET } },
    userToken: changes =>
      server.mintUserToken({ sub: 'alice', clientId: 'desk-copilot', resource: MCP, scope: 'orders:read', ...changes }),
    async machineToken(scope) {
      const response = await fetch(`${server.issuer}/token`, {
        method: 'POST',
        headers: { authorization: `Basic ${Buffer.from('night-batch:night-batch-secret').toString('base64')}` },
        body: new URLSearchParams({ grant_type: 'client_credentials', resource: MCP, scope }),
      });
      return ((await response.json()) as { access_token: string }).access_token;
    },
    issuerOptions: changes => ({
      issuer: server.issuer,
      jwksUri: server.jwksUri,
      algorithms: ['ES256'],
      tenants: ['acme', 'globex'],
      actorType: { user: { claim: 'sub_profile', values: ['user'] } },
      agents: { 'desk-copilot': 'agent-desk-copilot' },
      client: { clientId: SERVER_CLIENT, auth: { method: 'private_key_jwt', key: serverKey } },
      ...changes,
    }),
  };
}
