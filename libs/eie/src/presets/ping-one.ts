import { IsOptional } from 'class-validator';
import { defineProvider } from './define-provider.js';
import { IsPlainName } from './plain-name.js';

export class PingOneParameters {
  /** The domain of the region, such as `auth.pingone.eu`, or a custom domain. */
  @IsPlainName('auth.pingone.eu')
  domain: string;

  /** The id of the environment. Leave it out with a custom domain. */
  @IsOptional()
  @IsPlainName('6991589d-87eb-47f4-9131-284cebe106b3')
  environmentId?: string;
}

/**
 * One PingOne environment, as in "Token claims" and "Delegation" (OAuth 2.0 token exchange). This server is a custom resource whose audience
 * is `resource`.
 *
 * `client_id` is in access tokens and not in ID tokens. A token of client credentials names no subject: its client acts. Roles and a tenant are
 * there where the resource maps an attribute to them.
 *
 * Delegation is RFC 8693, with the target named by its scopes alone. It was tested with no PingOne: compare one exchanged token of your own. What
 * it must have as `aud` is `audience` of the target. Targets need `actEvidence: 'none'`, unless your environment writes `act`.
 *
 * It does NOT take tokens for the PingOne API.
 *
 * @throws EieConfigurationError naming each wrong or missing parameter
 * @example pingOne({ domain: 'auth.pingone.eu', environmentId: '6991589d-87eb-47f4-9131-284cebe106b3' })
 */
export const pingOne = defineProvider({
  name: 'pingOne',
  parameters: PingOneParameters,
  issuer: ({ domain, environmentId }) => {
    const issuer = environmentId === undefined ? `https://${domain}/as` : `https://${domain}/${environmentId}/as`;
    return {
      issuer,
      jwksUri: `${issuer}/jwks`,
      algorithms: ['RS256'],
      accessTokenClaim: { claim: 'client_id' },
      actorType: { user: { claim: 'sub' }, service: { claim: 'client_id', unless: { claim: 'sub' } } },
    };
  },
  exchange: { target: 'none' },
});
