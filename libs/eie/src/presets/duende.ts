import { IsIdentifier } from '../options/constraints.js';
import { defineProvider } from './define-provider.js';

export class DuendeParameters {
  /** The URL of the IdentityServer, as in `iss`. */
  @IsIdentifier({
    message:
      '$property must be the https URL of the IdentityServer, such as "https://id.example.com" (http only on loopback)',
  })
  url: string;
}

/**
 * One Duende IdentityServer, as in "Tokens" and "Resource isolation". Its JWT access tokens have the header `at+jwt`.
 *
 * A token of a user has a subject, one of client credentials has none: its client acts. Ask for one resource at a time (`resource`, resource
 * isolation): a token for several APIs is refused.
 *
 * Delegation is an extension grant that you write. The preset asks as RFC 8693 says, with `resource`; say `exchange` if yours wants other words.
 *
 * It does NOT take reference tokens, unless `opaqueTokens` is set.
 *
 * @throws EieConfigurationError naming each wrong or missing parameter
 * @example duende({ url: 'https://id.example.com' })
 */
export const duende = defineProvider({
  name: 'duende',
  parameters: DuendeParameters,
  issuer: ({ url }) => ({
    issuer: url,
    jwksUri: 'discovery',
    algorithms: ['RS256'],
    actorType: { user: { claim: 'sub' }, service: { claim: 'client_id', unless: { claim: 'sub' } } },
  }),
});
