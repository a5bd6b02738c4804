import { type IssuerOptions } from '../options/issuer.options.js';
import { plain, type PresetOverrides, withOverrides } from './preset.js';

export interface OktaPreset extends PresetOverrides {
  /** The domain of the org, or its custom domain: `example.okta.com`. */
  domain: string;
  /** The custom authorization server: `default`, or an id such as `aus9o8wzkhckw9TLa0h7`. */
  authorizationServerId: string;
}

/**
 * One custom authorization server of Okta, as in "OpenID Connect & OAuth 2.0 API: Access Token".
 *
 * `cid` is reserved for access tokens, `uid` for those with a user. In a client-credentials token `sub` is the client,
 * which makes it a service. Roles are read from `groups`, if the authorization server has that claim.
 *
 * Delegation is "OAuth 2.0 On-Behalf-Of Token Exchange" at this authorization server: the target is its audience. No token names
 * an actor, so targets need `actEvidence: 'none'`. Exchange between two authorization servers ("Trusted servers") is not used:
 * a token goes to nobody but its issuer.
 *
 * It does NOT take tokens of the org authorization server: Okta does not publish their keys. `sub` is the user's login
 * unless the authorization server is told otherwise.
 */
export function okta({ domain, authorizationServerId, ...overrides }: OktaPreset): IssuerOptions {
  const server = plain('okta().authorizationServerId', authorizationServerId, 'default');
  const issuer = `https://${plain('okta().domain', domain, 'example.okta.com')}/oauth2/${server}`;
  return withOverrides(
    {
      issuer,
      jwksUri: `${issuer}/v1/keys`,
      algorithms: ['RS256'],
      accessTokenClaim: { claim: 'cid' },
      claims: { clientId: 'cid', scope: 'scp', roles: 'groups' },
      actorType: { user: { claim: 'uid' } },
      exchange: {
        target: 'audience',
        clientCredentials: 'none',
        requestedTokenType: 'none',
        assertionAudience: 'token_endpoint',
      },
    },
    overrides,
  );
}
