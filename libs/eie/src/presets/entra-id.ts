import { ArrayNotEmpty, IsIn, IsOptional, Matches } from 'class-validator';
import { IsStrings } from '../options/constraints.js';
import { defineProvider } from './define-provider.js';

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Where each cloud of Microsoft signs in ("Microsoft Entra authentication & national clouds"). */
const SIGN_IN: Record<NonNullable<EntraIdParameters['cloud']>, string> = {
  public: 'https://login.microsoftonline.com',
  us_government: 'https://login.microsoftonline.us',
  china: 'https://login.partner.microsoftonline.cn',
};

export class EntraIdParameters {
  /** The directory id, a GUID. The domain name of a directory and `common` stand in no token. */
  @Matches(GUID, {
    message:
      '$property must be the directory id, a GUID in lower case: no token names "common" or a domain as its issuer',
  })
  tenantId: string;

  /** The application (client) id of the API: in a v2.0 token that is `aud`, and not the application ID URI. */
  @ArrayNotEmpty({
    message: '$property must list the application (client) ids of this API, not its application ID URI',
  })
  @IsStrings({ message: '$property must list the application (client) ids of this API, not its application ID URI' })
  audience: string[];

  /** The cloud that the directory is in. Default: `public`. */
  @IsOptional()
  @IsIn(Object.keys(SIGN_IN), { message: `$property must be one of ${Object.keys(SIGN_IN).join(', ')}` })
  cloud?: 'public' | 'us_government' | 'china';
}

/**
 * One directory of Microsoft Entra ID, with v2.0 tokens, as in "Access token claims reference" and "Optional claims
 * reference".
 *
 * `azpacr` says how the client authenticated: access tokens have it, ID tokens do not. `scp` is only in tokens of users.
 * A service is recognised by the optional claim `idtyp`, which the API must ask for; without it app-only tokens are refused.
 *
 * The subject is `oid`, which all APIs of the directory share: `sub` is another one at each of them, so that no token for a
 * target could be compared with it. Clients must ask for the scope `profile`, without which a token has neither `oid` nor `tid`.
 *
 * Clients ask for `<application ID URI>/<scope>`, tokens have the scope alone: the URI is `api://<client id>` unless `scopePrefix` says another.
 *
 * Delegation is the "On-Behalf-Of flow": `resource` is the application ID URI of the target, `audience` its client id. No token
 * names an actor, so targets need `actEvidence: 'none'`.
 *
 * It does NOT take v1.0 tokens, nor tokens for Microsoft Graph, whose signature only Graph can verify.
 *
 * @throws EieConfigurationError naming each wrong or missing parameter
 * @example entraId({ tenantId: '8a7b…', audience: ['6f5e…'] })
 */
export const entraId = defineProvider({
  name: 'entraId',
  parameters: EntraIdParameters,
  issuer: ({ tenantId, audience, cloud = 'public' }) => {
    const authority = `${SIGN_IN[cloud]}/${tenantId}`;
    return {
      issuer: `${authority}/v2.0`,
      jwksUri: `${authority}/discovery/v2.0/keys`,
      algorithms: ['RS256'],
      audience,
      scopePrefix: `api://${audience[0]}/`,
      tenants: [tenantId],
      accessTokenClaim: { claim: 'azpacr' },
      claims: { subject: 'oid', tenant: 'tid', clientId: 'azp', scope: 'scp' },
      actorType: { user: { claim: 'scp' }, service: { claim: 'idtyp', values: ['app'] } },
    };
  },
  exchange: { dialect: 'entra_id', assertionAudience: 'token_endpoint', errors: 'entra_id' },
});
