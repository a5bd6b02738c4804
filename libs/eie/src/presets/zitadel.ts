import { IsOptional } from 'class-validator';
import { IsStrings } from '../options/constraints.js';
import { defineProvider } from './define-provider.js';
import { IsPlainName } from './plain-name.js';

export class ZitadelParameters {
  /** The domain of the instance: `example.zitadel.cloud`. */
  @IsPlainName('example.zitadel.cloud')
  domain: string;

  /** The project of this server: what `aud` must name. ZITADEL knows no resource indicator. */
  @IsPlainName('69234237810729019')
  projectId: string;

  /**
   * What else `aud` may name: client ids of the other applications in the project, which ZITADEL writes, and projects of
   * targets. Default: none.
   */
  @IsOptional()
  @IsStrings({ message: '$property must be a list of client ids and project ids' })
  applications?: string[];
}

/**
 * One project of a ZITADEL instance, as in "Claims in ZITADEL". Applications and service users must be set to JWT access
 * tokens.
 *
 * `jti` is in access tokens and not in ID tokens. Nothing in a token tells a human from a service user, and no scope is
 * written: an Action that completes the access token has to write `sub_profile` (`user` or `service`) and `scope`. Until
 * it does, tokens are refused. The tenant is the organization of the user, if the client asks for it by scope.
 *
 * Delegation is "Token Exchange": the target is a project that the token already names, and the scopes are ZITADEL's own. No
 * actor token is sent, so targets need `actEvidence: 'none'`: it would be permission to impersonate, and name a service user who
 * is not the client that exchanges. Only service users have client credentials: one is the `client` of targets called with this
 * server's own identity.
 *
 * It does NOT read ZITADEL's own roles: that claim is an object, with the organizations of each role. An Action may write
 * the list `roles`. For instances that write the client as `azp`, say `claims: { clientId: 'azp' }`.
 *
 * @throws EieConfigurationError naming each wrong or missing parameter
 * @example zitadel({ domain: 'example.zitadel.cloud', projectId: '69234237810729019' })
 */
export const zitadel = defineProvider({
  name: 'zitadel',
  parameters: ZitadelParameters,
  issuer: ({ domain, projectId, applications = [] }) => {
    const issuer = `https://${domain}`;
    return {
      issuer,
      jwksUri: `${issuer}/oauth/v2/keys`,
      algorithms: ['RS256'],
      audience: [projectId],
      toleratedAudiences: applications,
      accessTokenClaim: { claim: 'jti' },
      claims: { tenant: 'urn:zitadel:iam:user:resourceowner:id' },
      actorType: {
        user: { claim: 'sub_profile', values: ['user'] },
        service: { claim: 'sub_profile', values: ['service'] },
      },
    };
  },
  exchange: { target: 'audience', clientCredentials: 'none', requestedTokenType: 'jwt', errors: 'zitadel' },
});
