import type { DecodedToken, DevCall, DevPage } from 'nestjs-eie/internal/cli';

/** What the page is shown: an application as it may be, by default one that listens and has had no call. */
export function devPage(changes: Partial<DevPage> = {}): DevPage {
  return {
    application: listening,
    issuer: 'http://127.0.0.1:4100',
    users: [
      { sub: 'alice', name: 'Alice', tenant: 'acme', roles: ['clerk'] },
      { sub: 'bob', name: 'Bob', tenant: null, roles: [] },
    ],
    agents: ['desk', 'assistant'],
    scopes: ['orders:read', 'orders:write'],
    clients: [
      { name: 'MCP Inspector', where: 'A terminal', text: 'npx @modelcontextprotocol/inspector' },
      { name: 'Claude Code', where: 'A terminal', text: `claude mcp add --transport http shop ${RESOURCE}` },
      { name: 'VS Code', where: '.vscode/mcp.json', text: clientFile('servers', { type: 'http', url: RESOURCE }) },
      { name: 'Cursor', where: '.cursor/mcp.json', text: clientFile('mcpServers', { url: RESOURCE }) },
    ],
    audit: { directory: 'node_modules/.cache/nestjs-eie/audit', state: 'reading' },
    calls: [],
    ...changes,
  };
}

export const RESOURCE = 'http://localhost:3000/mcp';
const clientFile = (member: string, shop: object): string => JSON.stringify({ [member]: { shop } }, null, 2);

const listening: DevPage['application'] = {
  state: 'listening',
  command: 'npm run start:dev',
  resource: RESOURCE,
  exitCode: null,
  output: ['[Nest] LOG [NestApplication] Nest application successfully started'],
};

export const starting: DevPage['application'] = { ...listening, state: 'starting', output: [] };

export const stopped: DevPage['application'] = {
  ...listening,
  state: 'stopped',
  exitCode: 1,
  output: [
    '[Nest] ERROR [ExceptionHandler] The environment lacks what follows. nestjs-eie dev sets it; else set it, or start node with --env-file=.env:',
    '  - EIE_ISSUER: set it to the issuer of access tokens, exactly as in their claim iss',
    '    at identityOptions (src/identity/identity.options.ts:24:11)',
  ],
};

let made = 0;

/** A call that has succeeded, a second after the one before. */
export function devCall(changes: Partial<DevCall> = {}): DevCall {
  made += 1;
  return {
    id: `call-${made}`,
    time: new Date(Date.UTC(2026, 10, 28, 12) + made * 1000).toISOString(),
    user: 'alice',
    isService: false,
    tenant: 'acme',
    agent: 'desk',
    handler: 'get_order_status',
    apis: [{ target: 'orders_api', mode: 'on_behalf_of', result: succeeded }],
    result: succeeded,
    durationMs: 42,
    traceId: '0af7651916cd43dd8448eb211c80319c',
    ...changes,
  };
}

export const succeeded: DevCall['result'] = { outcome: 'succeeded', reason: null, cause: null, fix: null };

export const refused: DevCall['result'] = {
  outcome: 'refused',
  reason: 'insufficient_scope',
  cause: 'The token lacks a scope that this operation needs.',
  fix: 'Have the client ask the issuer for these scopes. If it does and the token lacks them, allow them for this client at the issuer.',
};

export const refusedCall = (): DevCall =>
  devCall({ handler: 'cancel_order', apis: [], result: refused, durationMs: 3, traceId: null });

export const HEADER = { alg: 'ES256', typ: 'at+jwt', kid: 'k1' };
export const CLAIMS = {
  iss: 'http://127.0.0.1:4100',
  sub: 'alice',
  client_id: 'desk',
  aud: RESOURCE,
  scope: 'orders:read',
  iat: 1_795_867_200,
  exp: 1_795_867_500,
};

const check = (name: string, result: DecodedToken['checks'][number]['result']): DecodedToken['checks'][number] => ({
  name,
  result,
  reason: null,
  cause: null,
  fix: null,
});

export const accepted: DecodedToken = {
  header: HEADER,
  claims: CLAIMS,
  checks: ['It is a compact JWS', 'The issuer is the one that is configured', 'It has not expired'].map(name =>
    check(name, 'passed'),
  ),
};

export const expired: DecodedToken = {
  header: HEADER,
  claims: CLAIMS,
  checks: [
    check('It is a compact JWS', 'passed'),
    check('The issuer is the one that is configured', 'passed'),
    {
      name: 'It has not expired',
      result: 'failed',
      reason: 'token_expired',
      cause: 'The token has expired.',
      fix: 'Refresh the token, or sign in again.',
    },
    check('It shows whether a user acts', 'not asked'),
  ],
};

export const noToken: DecodedToken = {
  header: null,
  claims: null,
  checks: [
    {
      name: 'It is a compact JWS',
      result: 'failed',
      reason: 'token_malformed',
      cause: 'The token is not a compact JWS in canonical form.',
      fix: 'Send the access token as the issuer gave it, unchanged.',
    },
  ],
};
