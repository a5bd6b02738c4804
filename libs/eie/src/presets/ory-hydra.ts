import { IsIdentifier } from '../options/constraints.js';
import { defineProvider } from './define-provider.js';

export class OryHydraParameters {
  /** The public URL, as in `iss`: `https://example.projects.oryapis.com`, or that of your own Hydra. */
  @IsIdentifier({
    message:
      '$property must be the https URL of Hydra, as in "iss", such as "https://example.projects.oryapis.com" (http only on loopback)',
  })
  url: string;
}

/**
 * Ory Hydra, or OAuth2 of Ory Network, with JWT access tokens (`strategies.access_token: jwt`), as in "JWT access tokens".
 *
 * `client_id` is in access tokens and not in ID tokens. Hydra keeps RFC 9068 §5: where a client acts for itself, it is the subject. Clients ask for
 * the audience with `audience`, which must be among those allowed for them. Custom claims stand in `ext`.
 *
 * There is NO delegation: Hydra exchanges no tokens.
 *
 * It does NOT take opaque access tokens, which are the default, unless `opaqueTokens` is set.
 *
 * @throws EieConfigurationError naming each wrong or missing parameter
 * @example oryHydra({ url: 'https://example.projects.oryapis.com' })
 */
export const oryHydra = defineProvider({
  name: 'oryHydra',
  parameters: OryHydraParameters,
  issuer: ({ url }) => ({
    issuer: url,
    jwksUri: `${url.replace(/\/$/, '')}/.well-known/jwks.json`,
    algorithms: ['RS256'],
    accessTokenClaim: { claim: 'client_id' },
    claims: { scope: 'scp' },
    actorType: { user: { claim: 'sub', differsFrom: 'client_id' } },
  }),
  exchange: { target: 'audience' },
});
