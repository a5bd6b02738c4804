import { type JWTPayload } from 'jose';
import { isPublic } from '../clients.js';
import { type Form } from '../http/form.js';
import { OAuthError } from '../oauth-error.js';
import { type TestClient } from '../server.options.js';
import { type ActClaim, now } from '../token-mint.js';
import { words } from '../words.js';
import { askedResource } from './asked-resource.js';
import { type Grant, type GrantParts } from './grant.js';
import { narrowedScopes } from './granted-scopes.js';

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
const JWT = 'urn:ietf:params:oauth:token-type:jwt';
/** What the boundary takes, too: a longer chain is refused, and never cut short. */
const MAX_ACTORS = 4;

/** Facts about the user and the login, which go along from resource to resource. */
const KEPT = ['sub', 'sub_profile', 'tenant', 'roles', 'sid', 'auth_time', 'acr', 'amr'] as const;

/**
 * A user's token for another resource: RFC 8693. Never wider in scope, never longer, with every actor that was in it. The client becomes the
 * outermost actor, over the chain there was, unless the resource is registered for impersonation.
 */
export const tokenExchange: Grant = async (form, client, parts) => {
  if (isPublic(client)) throw new OAuthError('unauthorized_client', 'A public client may not exchange tokens.');
  const subject = await subjectOf(form, client, parts);
  const asked = askedResource(form, parts.resources, undefined);
  const scopes = narrowedScopes(words(form.one('scope')), words(subject.scope as string), asked.known);
  if (!scopes.length)
    throw new OAuthError('invalid_scope', 'The subject token and the resource have no scope in common.');
  const act = chain(subject.act as ActClaim | undefined, client, asked.known?.exchange ?? 'delegation', parts);
  const iat = now();
  const exp = Math.min(iat + parts.mint.lifetime, subject.exp!);
  return {
    access_token: await parts.mint.sign({
      ...Object.fromEntries(KEPT.flatMap(name => (subject[name] === undefined ? [] : [[name, subject[name]]]))),
      ...(act && { act }),
      client_id: client.clientId,
      aud: asked.audience,
      scope: scopes.join(' '),
      iat,
      exp,
    }),
    issued_token_type: ACCESS_TOKEN,
    expires_in: exp - iat,
    scope: scopes.join(' '),
  };
};

async function subjectOf(form: Form, { serves }: TestClient, { keys, issuer }: GrantParts): Promise<JWTPayload> {
  if (![ACCESS_TOKEN, JWT].includes(form.needed('subject_token_type')))
    throw new OAuthError('invalid_request', 'subject_token must be an access token.');
  if (![ACCESS_TOKEN, JWT].includes(form.one('requested_token_type') ?? ACCESS_TOKEN))
    throw new OAuthError('invalid_request', 'Only access tokens are issued.');
  if (form.one('actor_token') !== undefined)
    throw new OAuthError('invalid_request', 'actor_token is not taken: the actor is the client that asks.');
  const subject = await keys.verify(form.needed('subject_token'), issuer).catch(() => {
    throw new OAuthError('invalid_request', 'subject_token is not a valid access token of this server.');
  });
  if (subject.sub_profile !== 'user')
    throw new OAuthError('invalid_request', 'subject_token is not the token of a user.');
  // Whoever holds a stolen token may not exchange it: it must have been sent to this client.
  if (serves && ![subject.aud ?? []].flat().some(one => serves.includes(one)))
    throw new OAuthError('invalid_request', 'subject_token was not issued for this client.');
  return subject;
}

function chain(
  inbound: ActClaim | undefined,
  { clientId }: TestClient,
  kind: 'delegation' | 'impersonation',
  { issuer }: GrantParts,
): ActClaim | undefined {
  const act: ActClaim | undefined =
    kind === 'impersonation'
      ? inbound
      : { iss: issuer, sub: clientId, sub_profile: 'service', ...(inbound && { act: inbound }) };
  let actors = 0;
  for (let next = act; next; next = next.act) actors += 1;
  if (actors > MAX_ACTORS) throw new OAuthError('invalid_request', `A chain has ${MAX_ACTORS} actors at most.`);
  return act;
}
