import { ArrayNotEmpty } from 'class-validator';
import { IsStrings } from '../options/constraints.js';
import { defineProvider } from './define-provider.js';
import { IsPlainName } from './plain-name.js';

const AUDIENCE = '$property must list the AUD tag of the Access application';

export class CloudflareAccessParameters {
  /** The team domain: `example.cloudflareaccess.com`. */
  @IsPlainName('example.cloudflareaccess.com')
  teamDomain: string;

  /** The AUD tag of the Access application. */
  @ArrayNotEmpty({ message: AUDIENCE })
  @IsStrings({ message: AUDIENCE })
  audience: string[];
}

/**
 * One application behind Cloudflare Access, as in "Application token".
 *
 * The token stands in `Cf-Access-Jwt-Assertion`. `type` tells application tokens from session tokens of the team. A user has `identity_nonce`, and
 * no client: the AUD tag stands for it. A service token has `common_name`, its client id, and an empty subject: the client acts. There are no
 * scopes and no roles.
 *
 * There is NO delegation.
 *
 * It does NOT ask Access whether a service token was revoked since: an assertion is good until it ends.
 *
 * @throws EieConfigurationError naming each wrong or missing parameter
 * @example cloudflareAccess({ teamDomain: 'example.cloudflareaccess.com', audience: ['32eafc76…'] })
 */
export const cloudflareAccess = defineProvider({
  name: 'cloudflareAccess',
  parameters: CloudflareAccessParameters,
  issuer: ({ teamDomain, audience }) => ({
    issuer: `https://${teamDomain}`,
    jwksUri: `https://${teamDomain}/cdn-cgi/access/certs`,
    algorithms: ['RS256'],
    audience,
    tokenHeader: { name: 'cf-access-jwt-assertion' },
    accessTokenClaim: { claim: 'type', values: ['app'] },
    claims: { clientId: ['aud', '0'], service: { subject: 'common_name', clientId: 'common_name' } },
    actorType: { user: { claim: 'identity_nonce' }, service: { claim: 'common_name' } },
  }),
  exchange: { clientCredentials: 'none' },
});
