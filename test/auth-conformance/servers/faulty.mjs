import { Buffer } from 'node:buffer';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { startIssuer, TOOLS } from './setting.mjs';

const RESOURCE = 'https://mcp.shop.test/mcp';
const METADATA = {
  resource: 'https://other.example',
  authorization_servers: [],
  scopes_supported: ['offline_access'],
  bearer_methods_supported: ['query'],
};

async function listen(handle) {
  const server = createServer(
    (request, response) => void handle(request, response).catch(error => response.writeHead(500).end(error.message)),
  );
  await once(server.listen(0, '127.0.0.1'), 'listening');
  return {
    url: `http://127.0.0.1:${server.address().port}/mcp`,
    async close() {
      server.close();
      server.closeAllConnections();
    },
  };
}

const json = (response, status, value, headers = {}) =>
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(value));
const text = value => ({ resultType: 'complete', content: [{ type: 'text', text: JSON.stringify(value) }] });

async function messageOf(request) {
  let body = '';
  for await (const part of request) body += part;
  return JSON.parse(body || '{}');
}

function verifier({ issuer, publicJwk }) {
  const keys = createLocalJWKSet({ keys: [publicJwk] });
  return async ({ headers: { authorization = '' } }) => {
    const [scheme, token] = authorization.split(' ');
    return { scheme, ...(await jwtVerify(token, keys, { issuer, audience: RESOURCE })) };
  };
}

/** Verifies tokens well enough, and makes every mistake that is left. */
export async function startCareless() {
  const trusted = await startIssuer(RESOURCE);
  const verify = verifier(trusted);
  let count = 0;

  const tools = ({ scope }) => [
    { name: 'whoami', inputSchema: { properties: { password: { 'x-mcp-header': 'password' } } } },
    { name: `tool-${count++}` },
    ...(scope.includes('write') ? [{ name: 'cancel_order' }] : []),
  ];

  function call(request, { params }, claims) {
    const { socket, headers } = request;
    socket.user ??= claims.sub;
    switch (headers['mcp-name'] ?? params.name) {
      case 'whoami':
        return text([headers['x-user-id'] ?? socket.user, params._meta?.['io.modelcontextprotocol/clientInfo']?.name]);
      case 'start_report':
        return { resultType: 'task', taskId: 'report-1' };
      case 'close_account':
        if (params.requestState) return text('closed');
        return {
          resultType: 'input_required',
          inputRequests: { sure: { method: 'elicitation/create' } },
          requestState: Buffer.from('{"account":"A","step":"asked"}').toString('base64'),
        };
      case 'cancel_order':
        return claims.scope.includes('write') ? text('cancelled') : undefined;
      default:
        return { isError: true, content: [] };
    }
  }

  async function handle(request, response) {
    if (request.url === '/metadata') return json(response, 200, METADATA);
    if (request.url !== '/mcp') return json(response, 404, {});
    const message = await messageOf(request);
    const { payload, reason } = await verify(request).catch(error => ({ reason: error.message }));
    if (!payload)
      return json(
        response,
        401,
        { reason, seen: request.headers.authorization },
        { 'www-authenticate': `Bearer resource_metadata="http://${request.headers.host}/metadata", DPoP algs="ES256"` },
      );
    const results = {
      initialize: () => ({ protocolVersion: '2025-11-25' }),
      'tools/list': () => ({ tools: tools(payload), cacheScope: 'public' }),
      'tools/call': () => call(request, message, payload),
    };
    const result = (results[message.method] ?? (() => ({ resultType: 'complete' })))();
    if (!result) return json(response, 403, {}, { 'www-authenticate': 'Bearer error="insufficient_scope"' });
    return json(
      response,
      200,
      { jsonrpc: '2.0', id: message.id, result },
      message.method === 'initialize' ? { 'mcp-session-id': `session-${String(count++).padStart(12, '0')}` } : {},
    );
  }

  return {
    ...(await listen(handle)),
    config: { ...trusted.config, tools: { ...TOOLS, task: { name: 'start_report' } } },
  };
}

/** Serves one tool, to bearer tokens alone, though it says that it takes proofs; and says nothing of where its metadata is. */
export async function startReluctant() {
  const trusted = await startIssuer(RESOURCE);
  const verify = verifier(trusted);
  const answers = { initialize: { protocolVersion: '2025-11-25' }, whoami: text('you') };
  const server = await listen(async (request, response) => {
    const { id, method, params } = await messageOf(request);
    const { scheme } = await verify(request).catch(() => ({}));
    if (scheme !== 'Bearer')
      return json(response, 401, {}, { 'www-authenticate': 'Bearer error="invalid_request", DPoP algs="ES256"' });
    return json(response, 200, { jsonrpc: '2.0', id, result: answers[params?.name ?? method] ?? { isError: true } });
  });
  return { ...server, config: trusted.config };
}

/** Refuses everybody, and asks for something else than a token. */
export async function startClosed() {
  const { config } = await startIssuer(RESOURCE);
  return {
    ...(await listen(async (_request, response) =>
      json(response, 401, {}, { 'www-authenticate': 'Basic realm="shop"' }),
    )),
    config,
  };
}
