import { type IssuerOptions } from '../options/issuer.options.js';
import { plain, type PresetOverrides, withOverrides } from './preset.js';

export interface KeycloakPreset extends PresetOverrides {
  /** Where Keycloak is, as clients see it: `https://id.example.com`, with the relative path if it has one. */
  url: string;
  realm: string;
}

/**
 * One realm of Keycloak, as in its Server Administration Guide: "Audience support", "Using a service account".
 *
 * An ID token says `typ: ID` in its claims, an access token `Bearer` or `DPoP`. A user has a session (`sid`); the token of
 * a service account has none, and has the `client_id` of the scope `service_account`. Roles are those of the realm.
 *
 * Delegation is "Standard token exchange": the target is a client id (`audience`), which filters and adds nothing. No token
 * names an actor, so targets need `actEvidence: 'none'`. Client credentials name their target by scopes alone.
 *
 * It does NOT take tokens for `account` as well as for us, which Keycloak writes by default, and it reads no tenant unless
 * a mapper writes one: the claim `organization` is a list.
 */
export function keycloak({ url, realm, ...overrides }: KeycloakPreset): IssuerOptions {
  const issuer = `${url.replace(/\/$/, '')}/realms/${plain('keycloak().realm', realm, 'shop')}`;
  return withOverrides(
    {
      issuer,
      jwksUri: `${issuer}/protocol/openid-connect/certs`,
      algorithms: ['RS256'],
      accessTokenClaim: { claim: 'typ', values: ['Bearer', 'DPoP'] },
      claims: { clientId: 'azp', roles: ['realm_access', 'roles'] },
      actorType: { user: { claim: 'sid' }, service: { claim: 'client_id' } },
      exchange: { target: 'audience', clientCredentials: 'none' },
    },
    overrides,
  );
}
