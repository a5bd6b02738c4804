import { defineProvider } from './define-provider.js';
import { IsPlainName } from './plain-name.js';

export class KindeParameters {
  /** The domain of the environment: `example.kinde.com`, or a custom domain. */
  @IsPlainName('example.kinde.com')
  domain: string;
}

/**
 * One Kinde environment, as in "About access tokens" and "Token structure and claims" (M2M).
 *
 * `scp` is in access tokens and not in ID tokens. An M2M token names no subject and says `gty: client_credentials`: its client acts. The tenant
 * is the organization, `org_code`.
 *
 * There is NO delegation: Kinde exchanges no tokens.
 *
 * It does NOT read permissions: they are no scopes. For roles say `claims: { roles: … }` where a token customisation writes a list of texts.
 *
 * @throws EieConfigurationError naming each wrong or missing parameter
 * @example kinde({ domain: 'example.kinde.com', audience: ['https://mcp.example.com/mcp'] })
 */
export const kinde = defineProvider({
  name: 'kinde',
  parameters: KindeParameters,
  issuer: ({ domain }) => {
    const issuer = `https://${domain}`;
    return {
      issuer,
      jwksUri: `${issuer}/.well-known/jwks`,
      algorithms: ['RS256'],
      accessTokenClaim: { claim: 'scp' },
      claims: { clientId: 'azp', scope: 'scp', tenant: 'org_code' },
      actorType: { user: { claim: 'sub' }, service: { claim: 'gty', values: ['client_credentials'] } },
    };
  },
  exchange: { clientCredentials: 'audience' },
});
