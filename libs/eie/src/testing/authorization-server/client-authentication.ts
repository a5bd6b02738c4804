import { createHash, timingSafeEqual } from 'node:crypto';
import { createLocalJWKSet, type JWK, jwtVerify } from 'jose';
import { type Clients, isPublic } from './clients.js';
import { type Form } from './http/form.js';
import { OAuthError } from './oauth-error.js';
import { type TestClient } from './server.options.js';

const ASSERTION = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer';

/**
 * The client that sends a request to the token endpoint, by one method: HTTP Basic, a secret in the body (RFC 6749 §2.3.1), a signed assertion
 * (RFC 7523 §2.2), or none for a public client. It does NOT remember assertions: each may be used until it expires.
 *
 * @param audiences what an assertion may be for: the issuer and the token endpoint
 * @throws OAuthError `invalid_client`
 */
export async function authenticatedClient(
  form: Form,
  authorization: string | undefined,
  clients: Clients,
  audiences: readonly string[],
): Promise<TestClient> {
  const basic = /^basic (.+)$/i.exec(authorization ?? '')?.[1];
  const assertion = form.one('client_assertion');
  const secret = form.one('client_secret');
  if ([basic, assertion, secret].filter(one => one !== undefined).length > 1)
    throw new OAuthError('invalid_request', 'A client authenticates in one way.');
  if (assertion !== undefined) return byAssertion(assertion, form, clients, audiences);
  const [id, password] = basic === undefined ? [form.one('client_id'), secret] : credentials(basic);
  const client = await clients.find(id);
  if (password === undefined ? !isPublic(client) : !sameText(password, client.secret)) throw refused();
  return client;
}

async function byAssertion(
  assertion: string,
  form: Form,
  clients: Clients,
  audiences: readonly string[],
): Promise<TestClient> {
  const { sub } = payloadOf(assertion);
  const client = await clients.find(typeof sub === 'string' ? sub : undefined);
  const named = form.one('client_id') ?? client.clientId;
  if (form.one('client_assertion_type') !== ASSERTION || named !== client.clientId || !client.jwks) throw refused();
  const keys = createLocalJWKSet({ keys: [...client.jwks.keys] as JWK[] });
  const { clientId } = client;
  await jwtVerify(assertion, keys, { issuer: clientId, subject: clientId, audience: [...audiences] }).catch(() => {
    throw refused();
  });
  return client;
}

function payloadOf(jwt: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(Buffer.from(jwt.split('.')[1] ?? '', 'base64url').toString())) as Record<string, unknown>;
  } catch {
    throw refused();
  }
}

/** Both parts are form-encoded: RFC 6749 §2.3.1. */
function credentials(basic: string): [string, string] {
  const [id = '', ...password] = Buffer.from(basic, 'base64').toString().split(':');
  try {
    return [decoded(id), decoded(password.join(':'))];
  } catch {
    throw refused();
  }
}

const decoded = (text: string): string => decodeURIComponent(text.replaceAll('+', '%20'));

const sameText = (one: string, other: string | undefined): boolean =>
  other !== undefined && timingSafeEqual(digest(one), digest(other));

const digest = (text: string): Buffer => createHash('sha256').update(text).digest();

const refused = (): OAuthError => new OAuthError('invalid_client', 'The client is not authenticated.', 401);
