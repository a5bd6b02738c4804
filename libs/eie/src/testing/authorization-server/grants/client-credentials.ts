import { isPublic } from '../clients.js';
import { OAuthError } from '../oauth-error.js';
import { words } from '../words.js';
import { askedResource } from './asked-resource.js';
import { grantedScopes } from './granted-scopes.js';
import { type Grant } from './grant.js';

/** The client's own token: RFC 6749 §4.4. Its `sub` is the client (RFC 9068 §2.2). */
export const clientCredentials: Grant = async (form, client, { mint, resources, audience }) => {
  if (isPublic(client)) throw new OAuthError('unauthorized_client', 'A public client has no token of its own.');
  const asked = askedResource(form, resources, audience);
  const scopes = grantedScopes(words(form.one('scope')), asked.known);
  const { clientId, tenant } = client;
  return {
    access_token: await mint.mint({
      client: clientId,
      audience: asked.audience,
      scopes,
      ...(tenant !== undefined && { tenant }),
    }),
    expires_in: mint.lifetime,
    scope: scopes.join(' '),
  };
};
