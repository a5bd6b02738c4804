import { EieConfigurationError } from '../eie.error.js';
import { type IssuerOptions } from '../options/issuer.options.js';
import { type PresetOverrides, withOverrides } from './preset.js';

export interface EntraIdPreset extends PresetOverrides {
  /** The directory id, a GUID. The domain name of a directory and `common` stand in no token. */
  tenantId: string;
  /** The application (client) id of the API: in a v2.0 token that is `aud`, and not the application ID URI. */
  audience: string[];
}

const GUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/**
 * One directory of Microsoft Entra ID, with v2.0 tokens, as in "Access token claims reference" and "Optional claims
 * reference".
 *
 * `azpacr` says how the client authenticated: access tokens have it, ID tokens do not. `scp` is only in tokens of users.
 * A service is recognised by the optional claim `idtyp`, which the API must ask for; without it app-only tokens are refused.
 *
 * It does NOT take v1.0 tokens, nor tokens for Microsoft Graph, whose signature only Graph can verify. `sub` is the user's
 * identifier for this API alone; the one that all APIs share, `oid`, is not read.
 *
 * @throws EieConfigurationError when `tenantId` is not a GUID in lower case
 */
export function entraId({ tenantId, ...overrides }: EntraIdPreset): IssuerOptions {
  if (!GUID.test(tenantId)) throw new EieConfigurationError('entraId().tenantId must be the directory id, a GUID in lower case: no token names "common" or a domain as its issuer');
  const authority = `https://login.microsoftonline.com/${tenantId}`;
  return withOverrides(
    {
      issuer: `${authority}/v2.0`,
      jwksUri: `${authority}/discovery/v2.0/keys`,
      algorithms: ['RS256'],
      tenants: [tenantId],
      accessTokenClaim: { claim: 'azpacr' },
      claims: { tenant: 'tid', clientId: 'azp', scope: 'scp' },
      actorType: { user: { claim: 'scp' }, service: { claim: 'idtyp', values: ['app'] } },
    },
    overrides,
  );
}
