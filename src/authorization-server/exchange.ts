import { type Actor, actors, words } from './claims.js';
import { errors, type TokenEndpointGrantContext } from './oidc-provider.js';
import type { Registry, Resource } from './registry.js';
import type { SigningKey } from './signing-key.js';
import { checkRequester, checkUser, verifySubject } from './subject-token.js';
import { now, type TokenIssuer } from './token-issuer.js';

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const MAX_ACTORS = 4;

/** Facts about the user and the login that go with them from resource to resource. */
const KEPT = ['tenant', 'sub_profile', 'auth_time', 'acr', 'amr', 'sid'] as const;

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
  requested_token_type?: string;
  audience?: string | string[];
}
type Context = TokenEndpointGrantContext<Parameters>;
type Handler = (ctx: Context) => Promise<void>;
type Registration = [name: string, handler: Handler, parameters: string[], repeatable: string[]];

export interface TokenExchangeParts {
  issuer: string;
  registry: Registry;
  key: SigningKey;
  tokens: TokenIssuer;
}

/**
 * The token exchange grant (RFC 8693), in the form `provider.registerGrantType(...)` takes. A user's token becomes one
 * for another resource: never wider in scope, never longer, and with every actor that was in it.
 */
export function tokenExchange(parts: TokenExchangeParts): Registration {
  return [TOKEN_EXCHANGE, ctx => exchange(ctx, parts), PARAMETERS, REPEATABLE];
}

async function exchange(ctx: Context, { issuer, registry, key, tokens }: TokenExchangeParts): Promise<void> {
  const { client, params } = ctx.oidc;
  if (client.tokenEndpointAuthMethod === 'none') {
    throw new errors.UnauthorizedClient('a public client may not exchange tokens');
  }

  const subject = await verifySubject(subjectToken(params), issuer, key);
  checkUser(subject, registry);
  checkRequester(subject, client.clientId, issuer, registry);

  const target = oneTarget([params.resource ?? [], params.audience ?? []].flat(), registry);
  const mode = registry.exchangeMode(client.clientId, target.identifier);
  if (!mode) throw new errors.InvalidTarget('the client may not exchange tokens for this target');

  const actor = { iss: issuer, sub: client.clientId, sub_profile: 'service' };
  const act = actorChain(subject.act, mode === 'delegation' ? actor : undefined);
  const scope = narrowedScope(params.scope, subject.scope, target);
  const iat = now();
  const exp = Math.min(iat + target.lifetime, subject.exp);

  ctx.body = {
    access_token: tokens.accessToken({
      ...Object.fromEntries(KEPT.map(claim => [claim, subject[claim]])),
      sub: subject.sub,
      act,
      iat,
      exp,
      scope,
      client_id: client.clientId,
      aud: target.identifier,
    }),
    issued_token_type: ACCESS_TOKEN,
    token_type: 'Bearer',
    expires_in: exp - iat,
    scope,
  };
}

function subjectToken(params: Parameters): string {
  if (!params.subject_token || params.subject_token_type !== ACCESS_TOKEN) {
    throw new errors.InvalidRequest('subject_token must be an access token');
  }
  if (params.actor_token) {
    throw new errors.InvalidRequest('actor_token is not supported: the client itself is the actor');
  }
  if ((params.requested_token_type ?? ACCESS_TOKEN) !== ACCESS_TOKEN) {
    throw new errors.InvalidRequest('only access tokens are issued');
  }
  return params.subject_token;
}

function oneTarget([target, ...others]: string[], registry: Registry): Resource {
  if (target === undefined || others.length > 0) throw new errors.InvalidTarget('exactly one target is required');
  const resource = registry.resource(target);
  if (!resource) throw new errors.InvalidTarget();
  return resource;
}

function actorChain(inbound: Actor | undefined, actor: Actor | undefined): Actor | undefined {
  const act = actor ? { ...actor, ...(inbound !== undefined && { act: inbound }) } : inbound;
  const length = actors(act);
  if (length === undefined) throw new errors.InvalidRequest('subject_token has a malformed chain of actors');
  if (length > MAX_ACTORS) throw new errors.InvalidRequest('the chain of actors is too long');
  return act;
}

function narrowedScope(requested: string | undefined, ofSubject: string | undefined, target: Resource): string {
  const ceiling = words(ofSubject).filter(scope => target.scopes.includes(scope));
  const granted = requested ? words(requested) : ceiling;
  const excess = granted.find(scope => !ceiling.includes(scope));
  if (granted.length === 0 || excess !== undefined) {
    throw new errors.InvalidScope('exceeds what subject_token and target have in common', excess ?? '');
  }
  return granted.join(' ');
}
