import { createHash } from 'node:crypto';
import { type Allowed } from '../codes.js';
import { OAuthError } from '../oauth-error.js';
import { type TestClient } from '../server.options.js';
import { now } from '../token-mint.js';
import { words } from '../words.js';
import { type Grant, type GrantParts } from './grant.js';

/** A code, and proof of who asked for it: RFC 6749 §4.1.3, RFC 7636. A code is used up by the first try, also by a wrong one. */
export const authorizationCode: Grant = async (form, client, parts) => {
  const allowed = parts.codes.codes.take(form.needed('code'));
  if (!allowed || allowed.client.clientId !== client.clientId)
    throw new OAuthError('invalid_grant', 'The code is unknown, used, expired or of another client.');
  if (form.one('redirect_uri') !== allowed.redirectUri)
    throw new OAuthError('invalid_grant', 'redirect_uri is not the one of the authorization request.');
  const verifier = form.needed('code_verifier');
  if (createHash('sha256').update(verifier).digest('base64url') !== allowed.challenge)
    throw new OAuthError('invalid_grant', 'code_verifier does not fit the code_challenge.');
  return tokensOf(allowed, allowed.scopes, client, parts);
};

/** Another token of the same login: RFC 6749 §6. Each refresh token is used once, and a new one comes with the answer. */
export const refreshToken: Grant = async (form, client, parts) => {
  const allowed = parts.codes.refresh.take(form.needed('refresh_token'));
  if (!allowed || allowed.client.clientId !== client.clientId)
    throw new OAuthError('invalid_grant', 'The refresh token is unknown, used, expired or of another client.');
  const requested = words(form.one('scope'));
  if (requested.some(scope => !allowed.scopes.includes(scope)))
    throw new OAuthError('invalid_scope', 'The user has not allowed these scopes.');
  return tokensOf(allowed, requested.length ? requested : allowed.scopes, client, parts);
};

async function tokensOf(
  allowed: Allowed,
  granted: readonly string[],
  { clientId, agent }: TestClient,
  { mint, keys, issuer, users, codes }: GrantParts,
): Promise<Record<string, unknown>> {
  const { sub, audience, authTime, sid, nonce } = allowed;
  const { name = sub, tenant, roles } = users.get(sub) ?? {};
  const scopes = granted.filter(scope => !['openid', 'offline_access'].includes(scope));
  const who = { sub, ...(tenant !== undefined && { tenant }) };
  const idToken = (): Promise<string> =>
    keys.sign(
      {
        ...who,
        iss: issuer,
        aud: clientId,
        name,
        sid,
        auth_time: authTime,
        iat: now(),
        exp: now() + mint.lifetime,
        ...(nonce !== undefined && { nonce }),
      },
      'JWT',
    );
  return {
    access_token: await mint.mint({
      ...who,
      client: clientId,
      scopes,
      audience,
      ...(roles && { roles }),
      ...(agent !== undefined && { agent }),
      claims: { sid, auth_time: authTime },
    }),
    expires_in: mint.lifetime,
    scope: granted.join(' '),
    refresh_token: codes.refresh.put(allowed),
    ...(granted.includes('openid') && { id_token: await idToken() }),
  };
}
