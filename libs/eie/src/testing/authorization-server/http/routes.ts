import { isLoopback } from 'execution-identity/internal';
import { type GrantParts } from '../grants/grant.js';
import { OAuthError } from '../oauth-error.js';
import { type Outages, type ServerPart } from '../outages.js';
import { authorizationEndpoint } from './authorization-endpoint.js';
import { json, type LoopbackAnswer, type LoopbackRequest } from './loopback-server.js';
import { isMetadataPath, metadata, PATHS } from './metadata.js';
import { registrationEndpoint } from './registration-endpoint.js';
import { tokenEndpoint } from './token-endpoint.js';

/** A page of another machine. A browser sends what it posts without asking, and keeps but the answer from it. */
const isElsewhere = ({ headers: { origin } }: LoopbackRequest): boolean =>
  origin !== undefined && !(URL.canParse(origin) && isLoopback(new URL(origin)));

/**
 * A page of this machine may read what every client may: metadata, keys, and the answers to what it sends itself. Not the consent page. A page from
 * elsewhere may not: it would get tokens of whoever looks at it.
 */
const openTo = (request: LoopbackRequest): Readonly<Record<string, string>> => ({
  vary: 'origin',
  ...(request.headers.origin !== undefined &&
    !isElsewhere(request) && {
      'access-control-allow-origin': request.headers.origin,
      'access-control-allow-headers': 'authorization, content-type, mcp-protocol-version',
      'access-control-allow-methods': 'GET, POST',
    }),
});

/** The whole of the server behind its address. */
export function routes(
  parts: GrantParts,
  outages: Outages,
): (request: LoopbackRequest) => Promise<LoopbackAnswer | undefined> {
  const answers: Readonly<Record<ServerPart, (request: LoopbackRequest) => LoopbackAnswer | Promise<LoopbackAnswer>>> =
    {
      metadata: ({ url }) => json(200, metadata(parts.issuer, url.origin)),
      jwks: () => json(200, parts.keys.jwks),
      token: request => tokenEndpoint(request, parts),
      register: request => registrationEndpoint(request, parts.clients),
      authorize: request => authorizationEndpoint(request, parts),
    };
  return async request => {
    const part = partOf(request.url.pathname);
    if (!part) return json(404, { error: 'not_found' });
    if (request.method === 'OPTIONS' && part !== 'authorize') return { status: 204, headers: openTo(request) };
    // The form of the consent page has the origin "null", as every form of a page without a referrer.
    if (request.method === 'POST' && part !== 'authorize' && isElsewhere(request))
      return json(403, { error: 'access_denied', error_description: 'Pages of other machines are not answered.' });
    const outage = await outages.of(part);
    if (outage) return outage.status === undefined ? undefined : { status: outage.status };
    const answer = await orRefusal(() => answers[part](request));
    return part === 'authorize' ? answer : { ...answer, headers: { ...answer.headers, ...openTo(request) } };
  };
}

function partOf(path: string): ServerPart | undefined {
  if (isMetadataPath(path)) return 'metadata';
  return (Object.keys(PATHS) as (keyof typeof PATHS)[]).find(part => PATHS[part] === path);
}

/** What a client is told: RFC 6749 §5.2. */
async function orRefusal(answer: () => LoopbackAnswer | Promise<LoopbackAnswer>): Promise<LoopbackAnswer> {
  try {
    return await answer();
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    const challenge = error.status === 401 && { 'www-authenticate': 'Basic realm="test"' };
    return json(error.status, { error: error.code, error_description: error.description }, challenge || {});
  }
}
