import { actorChain, checkActorToken } from './actors.js';
import { words } from './claims.js';
import { errors, type TokenEndpointGrantContext } from './oidc-provider.js';
import type { Registry, Resource } from './registry.js';
import { confidentialClient, type GrantType, narrowedScopes, reissue, type ReissueParts } from './reissue.js';
import { readSubjectToken } from './subject-token.js';

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';

const PARAMETERS = [
  'subject_token',
  'subject_token_type',
  'actor_token',
  'actor_token_type',
  'requested_token_type',
  'resource',
  'audience',
  'scope',
];
/** Without this, oidc-provider refuses a second target with the wrong error. */
const REPEATABLE = ['resource', 'audience'];

interface Parameters {
  subject_token?: string;
  subject_token_type?: string;
  actor_token?: string;
  actor_token_type?: string;
  requested_token_type?: string;
  audience?: string | string[];
}

/**
 * The token exchange grant (RFC 8693). A user's token becomes one for another resource: never wider in scope, never
 * longer, and with every actor that was in it.
 */
export function tokenExchange(parts: ReissueParts): GrantType<Parameters> {
  return [TOKEN_EXCHANGE, ctx => exchange(ctx, parts), PARAMETERS, REPEATABLE];
}

async function exchange(ctx: TokenEndpointGrantContext<Parameters>, parts: ReissueParts): Promise<void> {
  const { issuer, registry, key, tokens } = parts;
  const { params } = ctx.oidc;
  const clientId = confidentialClient(ctx);
  const subject = await readSubjectToken(subjectToken(params), clientId, parts);

  const target = oneTarget([params.resource ?? [], params.audience ?? []].flat(), registry);
  const mode = registry.exchangeMode(clientId, target.identifier);
  if (!mode) throw new errors.InvalidTarget('the client may not exchange tokens for this target');

  const actorToken = ownActorToken(params);
  if (actorToken !== undefined) {
    if (mode === 'impersonation') throw new errors.InvalidRequest('actor_token is refused: no actor is added');
    await checkActorToken(actorToken, clientId, issuer, key);
  }
  const actor = { iss: issuer, sub: clientId, sub_profile: 'service' };
  const act = actorChain(subject.act, mode === 'delegation' ? actor : undefined);
  const scopes = narrowedScopes(words(params.scope), subject, target);

  ctx.body = {
    ...reissue({ subject, target, scopes, act, clientId }, tokens),
    issued_token_type: ACCESS_TOKEN,
    token_type: 'Bearer',
    scope: scopes.join(' '),
  };
}

function subjectToken(params: Parameters): string {
  if (!params.subject_token || params.subject_token_type !== ACCESS_TOKEN) {
    throw new errors.InvalidRequest('subject_token must be an access token');
  }
  if ((params.requested_token_type ?? ACCESS_TOKEN) !== ACCESS_TOKEN) {
    throw new errors.InvalidRequest('only access tokens are issued');
  }
  return params.subject_token;
}

function ownActorToken({ actor_token, actor_token_type }: Parameters): string | undefined {
  if (actor_token_type !== (actor_token === undefined ? undefined : ACCESS_TOKEN)) {
    throw new errors.InvalidRequest('actor_token must be an access token, and actor_token_type goes with it');
  }
  return actor_token;
}

function oneTarget([target, ...others]: string[], registry: Registry): Resource {
  if (target === undefined || others.length > 0) throw new errors.InvalidTarget('exactly one target is required');
  const resource = registry.resource(target);
  if (!resource) throw new errors.InvalidTarget();
  return resource;
}
