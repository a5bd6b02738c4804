import { defineProvider } from './define-provider.js';
import { IsPlainName } from './plain-name.js';

export class CognitoParameters {
  @IsPlainName('eu-central-1')
  region: string;

  @IsPlainName('eu-central-1_EXAMPLE')
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
 *
 * @throws EieConfigurationError naming each wrong or missing parameter
 * @example cognito({ region: 'eu-central-1', userPoolId: 'eu-central-1_EXAMPLE' })
 */
export const cognito = defineProvider({
  name: 'cognito',
  parameters: CognitoParameters,
  issuer: ({ region, userPoolId }) => {
    const issuer = `https://cognito-idp.${region}.amazonaws.com/${userPoolId}`;
    return {
      issuer,
      jwksUri: `${issuer}/.well-known/jwks.json`,
      algorithms: ['RS256'],
      accessTokenClaim: { claim: 'token_use', values: ['access'] },
      claims: { roles: 'cognito:groups' },
      actorType: { user: { claim: 'username' } },
    };
  },
  exchange: { clientCredentials: 'none' },
});
