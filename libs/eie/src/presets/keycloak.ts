import { ValidateBy } from 'class-validator';
import { IsCalledUrl } from '../options/constraints.js';
import { defineProvider } from './define-provider.js';
import { IsPlainName } from './plain-name.js';

const endsBeforeRealm = (value: unknown): boolean => typeof value !== 'string' || !/\/realms(\/|$)|[?#]/.test(value);

export class KeycloakParameters {
  /** Where Keycloak is, as clients see it: `https://id.example.com`, with the relative path if it has one. */
  @IsCalledUrl(
    {
      message:
        '$property must be the https URL of Keycloak as clients see it, such as "https://id.example.com" (http only on loopback)',
    },
    'issuer',
  )
  @ValidateBy(
    { name: 'endsBeforeRealm', validator: { validate: endsBeforeRealm } },
    { message: '$property must end before "/realms", without a query: "realm" names the realm' },
  )
  url: string;

  @IsPlainName('shop')
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
 *
 * @throws EieConfigurationError naming each wrong or missing parameter
 * @example keycloak({ url: 'https://id.example.com', realm: 'shop' })
 */
export const keycloak = defineProvider({
  name: 'keycloak',
  parameters: KeycloakParameters,
  issuer: ({ url, realm }) => {
    const issuer = `${url.replace(/\/$/, '')}/realms/${realm}`;
    return {
      issuer,
      jwksUri: `${issuer}/protocol/openid-connect/certs`,
      algorithms: ['RS256'],
      accessTokenClaim: { claim: 'typ', values: ['Bearer', 'DPoP'] },
      claims: { clientId: 'azp', roles: ['realm_access', 'roles'] },
      actorType: { user: { claim: 'sid' }, service: { claim: 'client_id' } },
    };
  },
  exchange: { target: 'audience', clientCredentials: 'none', errors: 'keycloak' },
});
