import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import {
  localhostHostValidation,
  localhostOriginValidation,
  NodeStreamableHTTPServerTransport,
  toNodeHandler,
} from '@modelcontextprotocol/node';
import {
  createMcpHandler,
  getOAuthProtectedResourceMetadataUrl,
  isInitializeRequest,
  oauthMetadataResponse,
  OAuthError,
  OAuthErrorCode,
  requireBearerAuth,
} from '@modelcontextprotocol/server';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { sdkTools } from './sdk-tools.mjs';
import { SCOPES, startIssuer } from './setting.mjs';

const { Request, Response } = globalThis;
const RESOURCE = 'https://mcp.shop.test/mcp';

async function bodyOf(request) {
  let text = '';
  for await (const part of request) text += part;
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** The two ways in which the SDK serves: a session that begins with `initialize`, and each request for itself. */
function serving(canary) {
  const server = sdkTools(canary);
  const sessions = new Map();
  const handler = createMcpHandler(server);
  const stateless = toNodeHandler(handler);
  return {
    async handle(request, response) {
      const body = await bodyOf(request);
      let transport = sessions.get(request.headers['mcp-session-id']);
      if (!transport && isInitializeRequest(body)) {
        transport = new NodeStreamableHTTPServerTransport({
          sessionIdGenerator: randomUUID,
          onsessioninitialized: id => void sessions.set(id, transport),
        });
        await server().connect(transport);
      }
      await (transport ? transport.handleRequest(request, response, body) : stateless(request, response, body));
    },
    async close() {
      for (const transport of sessions.values()) await transport.close();
      await handler.close();
    },
  };
}

async function listen({ handle, close }) {
  const server = createServer((request, response) => void handle(request, response).catch(() => response.destroy()));
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}/mcp`,
    async close() {
      server.close();
      await close();
      server.closeAllConnections();
    },
  };
}

/** A server of the official SDK, and nothing in front of it. */
export async function startUnprotected(canary) {
  const { config } = await startIssuer(RESOURCE);
  return { ...(await listen(serving(canary))), config };
}

/** The same behind the SDK's own metadata, `requireBearerAuth`, and its checks of Host and Origin. */
export async function startGuarded(canary) {
  const { issuer, publicJwk, config } = await startIssuer(RESOURCE);
  const keys = createLocalJWKSet({ keys: [publicJwk] });
  const resourceServerUrl = new URL(RESOURCE);
  const gate = requireBearerAuth({
    verifier: { verifyAccessToken },
    expectedResource: resourceServerUrl,
    resourceMetadataUrl: getOAuthProtectedResourceMetadataUrl(resourceServerUrl),
  });
  const oauthMetadata = {
    issuer,
    authorization_endpoint: `${issuer}/authorize`,
    token_endpoint: `${issuer}/token`,
    response_types_supported: ['code'],
  };
  const [isHost, isOrigin] = [localhostHostValidation(), localhostOriginValidation()];
  const inner = serving(canary);

  async function verifyAccessToken(token) {
    const { payload } = await jwtVerify(token, keys, { issuer, audience: RESOURCE, algorithms: ['ES256'] }).catch(
      () => {
        throw new OAuthError(OAuthErrorCode.InvalidToken, 'The token is invalid');
      },
    );
    return {
      token,
      clientId: payload.client_id,
      scopes: (payload.scope ?? '').split(' '),
      expiresAt: payload.exp,
      resource: new URL(payload.aud),
      extra: { sub: payload.sub },
    };
  }

  async function handle(request, response) {
    if (!isHost(request, response) || !isOrigin(request, response)) return;
    const { authorization } = request.headers;
    const asked = new Request(new URL(request.url, RESOURCE), {
      method: request.method,
      headers: authorization ? { authorization } : {},
    });
    const early =
      oauthMetadataResponse(asked, { oauthMetadata, resourceServerUrl, scopesSupported: SCOPES }) ??
      (await gate(asked));
    if (early instanceof Response) {
      response.writeHead(early.status, Object.fromEntries(early.headers)).end(await early.text());
      return;
    }
    await inner.handle(Object.assign(request, { auth: early }), response);
  }

  return { ...(await listen({ handle, close: inner.close })), config };
}
