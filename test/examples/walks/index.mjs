import { mcpToMcp, multiTenant, vitest } from './larger.mjs';
import { auth0Example, entraIdExample, keycloak } from './providers.mjs';
import { receiver } from './receivers.mjs';
import { apiKey, mcpNest, minimal, restAndMcp, stdio } from './small.mjs';

/** How each example is run: what it answers, and what it refuses. */
export const WALKS = {
  'api-key': apiKey,
  auth0: auth0Example,
  'entra-id': entraIdExample,
  keycloak,
  'mcp-nest': mcpNest,
  'mcp-to-mcp': mcpToMcp,
  'minimal-commonjs': minimal,
  'minimal-esm': minimal,
  'multi-tenant': multiTenant,
  'receiver-express': receiver,
  'receiver-fastify': receiver,
  'receiver-node': receiver,
  'rest-and-mcp': restAndMcp,
  stdio,
  vitest,
};
