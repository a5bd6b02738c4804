import { type IssuerOptions } from 'nestjs-eie';
import { type EieReceiverOptions } from 'nestjs-eie/receiver';
import {
  auditOptions,
  MCP_CLIENT,
  origin,
  type PartName,
  resource,
  type Settings,
  TENANTS,
  TRUST_DOMAIN,
} from './settings.js';

/** What every part believes of the shop's authorization server. */
export function issuer(settings: Settings): IssuerOptions {
  const server = origin(settings, 'authorization-server');
  return {
    issuer: server,
    jwksUri: `${server}/jwks`,
    algorithms: ['ES256'],
    maxLifetime: 300,
    tenants: TENANTS,
    actorType: { user: { claim: 'sub_profile', values: ['user'] } },
  };
}

/** What an API of the shop believes: tokens for itself, and who acts as the MCP server seals it. */
export function receiver(settings: Settings, part: PartName, service: string): EieReceiverOptions {
  const [authorizationServer, mcpServer] = [origin(settings, 'authorization-server'), resource(settings, 'mcp-server')];
  return {
    service,
    resource: resource(settings, part),
    issuers: [issuer(settings)],
    trust: {
      trustDomain: TRUST_DOMAIN,
      issuers: [
        {
          issuer: mcpServer,
          jwksUri: `${origin(settings, 'mcp-server')}/.well-known/jwks.json`,
          presenters: [{ issuer: authorizationServer, clientId: MCP_CLIENT }],
        },
      ],
    },
    audit: auditOptions(settings, part),
  };
}
