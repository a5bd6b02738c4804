const SITE = 'https://modelcontextprotocol.io';
const specification = (id, page) => ({ id: `MCP-${id}`, url: `${SITE}/specification/2026-07-28/${page}` });
const tutorial = (id, anchor, revision = '2026-07-28') => ({
  id: `MCP-${id}`,
  url: `${SITE}/docs/${revision}/tutorials/security/security_best_practices#${anchor}`,
});

export const rfc = (number, section) => ({
  id: `RFC-${number}-${section}`,
  url: `https://www.rfc-editor.org/rfc/rfc${number}.html#section-${section}`,
});

const authorization = (id, anchor) => specification(id, `basic/authorization#${anchor}`);

/** The pages that say what is checked. */
export const MCP = {
  discovery: specification(
    'PRM-discovery',
    'basic/authorization/authorization-server-discovery#protected-resource-metadata-discovery-requirements',
  ),
  location: specification(
    'Authorization-server-location',
    'basic/authorization/authorization-server-discovery#authorization-server-location',
  ),
  scopeSelection: authorization('Scope-selection-strategy', 'scope-selection-strategy'),
  tokenRequirements: authorization('Token-requirements', 'token-requirements'),
  tokenHandling: authorization('Token-handling', 'token-handling'),
  refreshTokens: authorization('Refresh-tokens', 'refresh-tokens'),
  errorHandling: authorization('Auth-error-handling', 'error-handling'),
  insufficientScope: authorization('Runtime-insufficient-scope', 'runtime-insufficient-scope-errors'),
  stepUp: authorization('Step-up-authorization', 'step-up-authorization-flow'),
  audience: specification(
    'Token-audience-binding',
    'basic/authorization/security-considerations#token-audience-binding-and-validation',
  ),
  tokenTheft: specification('Token-theft', 'basic/authorization/security-considerations#token-theft'),
  privilege: specification(
    'Access-token-privilege',
    'basic/authorization/security-considerations#access-token-privilege-restriction',
  ),
  endpoint: specification('Transport-security', 'basic/transports/streamable-http'),
  serverValidation: specification('Header-validation', 'basic/transports/streamable-http#server-validation'),
  statelessness: specification('Statelessness', 'basic/index#statelessness'),
  requestState: specification('Request-state', 'basic/patterns/mrtr#server-requirements-basic-workflow'),
  subscriptions: specification('Subscriptions', 'basic/patterns/subscriptions#cancellation'),
  elicitation: specification('Elicitation-security', 'client/elicitation#security-considerations'),
  listing: specification('Listing-tools', 'server/tools#capabilities'),
  mcpHeader: specification('X-MCP-Header', 'server/tools#x-mcp-header'),
  caching: specification('Caching-security', 'server/utilities/caching#security-considerations'),
  identifyingUser: specification('Identifying-the-user', 'client/elicitation#identifying-the-user'),
  meta: specification('Request-meta', 'basic/index#_meta'),
  tokenPassthrough: tutorial('Token-passthrough', 'token-passthrough'),
  stateHandles: tutorial('State-handle-hijacking', 'state-handle-hijacking'),
  sessionHijacking: tutorial('Session-hijacking', 'session-hijacking', '2025-11-25'),
  tasks: { id: 'SEP-2663', url: `${SITE}/seps/2663-tasks-extension` },
};
