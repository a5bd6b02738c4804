import { type IssuerOptions } from '../options/issuer.options.js';
import { plain, type PresetOverrides, withOverrides } from './preset.js';

export interface CognitoPreset extends PresetOverrides {
  region: string;
  userPoolId: string;
}

/**
 * One user pool of Amazon Cognito with resource-bound access tokens, as in "Understanding the access token" and "Scopes,
 * M2M, and resource servers: Resource binding".
 *
 * `token_use` tells access tokens from ID tokens. `username` is only in tokens of users; in a client-credentials token
 * `sub` is the client, which makes it a service. Roles are the groups of the user.
 *
 * There is NO delegation: Cognito exchanges no tokens, so that targets can only be called with this server's own identity
 * (`service_identity`).
 *
 * It does NOT take tokens without `aud`: those of the SDK sign-in, those requested without `resource`, and those of client
 * credentials, unless a pre token generation trigger writes the client id as `aud` and `audience` names it.
 */
export function cognito({ region, userPoolId, ...overrides }: CognitoPreset): IssuerOptions {
  const pool = plain('cognito().userPoolId', userPoolId, 'eu-central-1_EXAMPLE');
  const issuer = `https://cognito-idp.${plain('cognito().region', region, 'eu-central-1')}.amazonaws.com/${pool}`;
  return withOverrides(
    {
      issuer,
      jwksUri: `${issuer}/.well-known/jwks.json`,
      algorithms: ['RS256'],
      accessTokenClaim: { claim: 'token_use', values: ['access'] },
      claims: { roles: 'cognito:groups' },
      actorType: { user: { claim: 'username' } },
      exchange: { clientCredentials: 'none' },
    },
    overrides,
  );
}
