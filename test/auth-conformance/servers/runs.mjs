import { runSuite } from '../run.mjs';
import { startCanary } from '../wire/canary.mjs';
import { startApplication } from './application.mjs';
import { startGuarded, startUnprotected } from './sdk.mjs';
import { startShop } from './shop.mjs';

const ANSWER = { id: 'A-1001', status: 'open' };

async function runOn(start, options) {
  const canary = await startCanary({ answer: ANSWER });
  try {
    const server = await start(canary);
    try {
      return await runSuite(server.url, server.config, { ...options, canary });
    } finally {
      await server.close();
    }
  } finally {
    canary.close();
  }
}

/** Servers with the same tools, each configured as its own documentation leads to. */
const SERVERS = {
  'reference application': {
    start: startShop,
    configuration:
      'the MCP server of src/shop with its authorization server; the canary in the place of its orders API',
  },
  'nestjs-eie, sessions': {
    start: startApplication,
    configuration: 'EieModule: one issuer (jwks, ES256, actorType), resource, scopeHierarchy; EieMcpModule: sessions',
  },
  'SDK, unprotected': {
    start: startUnprotected,
    configuration:
      'McpServer, createMcpHandler, and a NodeStreamableHTTPServerTransport for each session; nothing in front',
  },
  'SDK, requireBearerAuth': {
    start: startGuarded,
    configuration:
      'the same behind requireBearerAuth (expectedResource, jose jwtVerify: ES256, issuer, audience), oauthMetadataResponse, localhostHostValidation, localhostOriginValidation; requireScopes on the tool; requestState bound to method and clientId, as its comment shows; baskets kept by clientId, since AuthInfo names no user; the downstream tool sends the token that AuthInfo gives it',
  },
};

async function runNamed(target, options) {
  const { start, configuration } = SERVERS[target];
  return { ...(await runOn(start, options)), target, configuration };
}

/** The pack against the reference application. */
export const runReference = options => runNamed('reference application', options);

/** The pack against all of them, the reference application first. */
export async function compare(options) {
  const results = [];
  for (const target of Object.keys(SERVERS)) results.push(await runNamed(target, options));
  return results;
}
