import { randomUUID } from 'node:crypto';
import { type AuthorizationRequest } from '../codes.js';
import { askedResource } from '../grants/asked-resource.js';
import { type GrantParts } from '../grants/grant.js';
import { grantedScopes } from '../grants/granted-scopes.js';
import { OAuthError } from '../oauth-error.js';
import { isRegistered } from '../redirect-uris.js';
import { now } from '../token-mint.js';
import { words } from '../words.js';
import { consentPage, errorPage } from './consent-page.js';
import { Form } from './form.js';
import { type LoopbackAnswer, type LoopbackRequest } from './loopback-server.js';

/** RFC 6749 §3.1: a page that asks the user, and the answer of that page. What is wrong with client or address is said there, and goes nowhere else. */
export async function authorizationEndpoint(request: LoopbackRequest, parts: GrantParts): Promise<LoopbackAnswer> {
  try {
    return request.method === 'POST' ? decided(request, parts) : await asked(request, parts);
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    return errorPage(400, error.code, error.description);
  }
}

async function asked({ url }: LoopbackRequest, parts: GrantParts): Promise<LoopbackAnswer> {
  const form = new Form(url.searchParams);
  const client = await parts.clients.find(form.needed('client_id'));
  const redirectUri = form.needed('redirect_uri');
  if (!isRegistered(redirectUri, client.redirectUris ?? []))
    throw new OAuthError('invalid_request', 'The client has not registered this redirect_uri.');
  const back = { redirectUri, state: form.one('state') };
  try {
    const pending = { ...back, ...requestIn(form, parts), client };
    const { clientId: id, name = id, agent = name } = client;
    return consentPage({
      request: parts.codes.pending.put(pending),
      client: { id, name },
      agent,
      resource: pending.resource,
      scopes: pending.scopes,
      host: destination(redirectUri),
      users: [...parts.users.values()].map(({ sub, name: called = sub, tenant }) => ({ sub, name: called, tenant })),
    });
  } catch (error) {
    if (!(error instanceof OAuthError)) throw error;
    return redirect(back, parts, { error: error.code, error_description: error.description });
  }
}

/** The host of a web page. What an app takes by a scheme of its own goes to no host, whatever it names. */
function destination(redirectUri: string): string {
  const { protocol, host } = new URL(redirectUri);
  return ['https:', 'http:'].includes(protocol) ? host : `an app on this machine: ${redirectUri}`;
}

function requestIn(
  form: Form,
  { resources, audience: fallback }: GrantParts,
): Pick<AuthorizationRequest, 'challenge' | 'scopes' | 'resource' | 'audience' | 'nonce'> {
  if (form.needed('response_type') !== 'code')
    throw new OAuthError('unsupported_response_type', 'response_type must be code.');
  const challenge = form.needed('code_challenge');
  if (form.one('code_challenge_method') !== 'S256' || !/^[\w-]{43}$/.test(challenge))
    throw new OAuthError('invalid_request', 'PKCE is needed, with code_challenge_method=S256.');
  const { resource, audience, known } = askedResource(form, resources, fallback);
  const requested = words(form.one('scope'));
  const oidc = requested.filter(scope => ['openid', 'offline_access'].includes(scope));
  const scopes = grantedScopes(
    requested.filter(scope => !oidc.includes(scope)),
    known,
  );
  return { challenge, resource, audience, scopes: [...oidc, ...scopes], nonce: form.one('nonce') };
}

function decided({ body }: LoopbackRequest, parts: GrantParts): LoopbackAnswer {
  const form = new Form(new URLSearchParams(body));
  const pending = parts.codes.pending.take(form.needed('request'));
  if (!pending)
    throw new OAuthError('invalid_request', 'This sign-in was answered before, or has expired: begin it again.');
  if (form.one('decision') !== 'allow')
    return redirect(pending, parts, { error: 'access_denied', error_description: 'The user has not allowed it.' });
  const user = parts.users.get(form.needed('sub'));
  if (!user) throw new OAuthError('invalid_request', 'There is no such user.');
  const code = parts.codes.codes.put({ ...pending, sub: user.sub, authTime: now(), sid: randomUUID() });
  return redirect(pending, parts, { code });
}

/** With `iss`, against mix-up: RFC 9207. */
function redirect(
  { redirectUri, state }: Pick<AuthorizationRequest, 'redirectUri' | 'state'>,
  { issuer }: GrantParts,
  parameters: Readonly<Record<string, string>>,
): LoopbackAnswer {
  const url = new URL(redirectUri);
  for (const [name, value] of Object.entries({ ...parameters, ...(state !== undefined && { state }), iss: issuer }))
    url.searchParams.set(name, value);
  return { status: 303, headers: { location: url.href, 'cache-control': 'no-store' } };
}
