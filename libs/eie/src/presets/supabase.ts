import { IsIdentifier } from '../options/constraints.js';
import { defineProvider } from './define-provider.js';

export class SupabaseParameters {
  /** The URL of the project: `https://abcdefghijklmnopqrst.supabase.co`, or its custom domain. */
  @IsIdentifier({
    message:
      '$property must be the https URL of the project, such as "https://abcdefghijklmnopqrst.supabase.co" (http only on loopback)',
  })
  url: string;
}

/**
 * The OAuth 2.1 server of one Supabase project, as in "OAuth 2.1 Flows" and "JWT Claims Reference". The project must sign with an
 * asymmetric key (JWT Signing Keys).
 *
 * `session_id` is in access tokens and not in ID tokens. A user has the role `authenticated` and is not anonymous. There are no scopes, no
 * roles and no tenant in a token.
 *
 * `aud` is `authenticated` in every token of the project. Let a Custom Access Token Hook write `resource` for the clients of this server; or say
 * `audience: ['authenticated']`, and every token that any client got for any API of the project is taken.
 *
 * There is NO delegation, and no client credentials.
 *
 * It does NOT take tokens of a sign-in without the OAuth server, since these name no client, nor the keys `anon` and `service_role`.
 *
 * @throws EieConfigurationError naming each wrong or missing parameter
 * @example supabase({ url: 'https://abcdefghijklmnopqrst.supabase.co' })
 */
export const supabase = defineProvider({
  name: 'supabase',
  parameters: SupabaseParameters,
  issuer: ({ url }) => {
    const issuer = `${url.replace(/\/$/, '')}/auth/v1`;
    return {
      issuer,
      jwksUri: `${issuer}/.well-known/jwks.json`,
      algorithms: ['ES256', 'RS256'],
      accessTokenClaim: { claim: 'session_id' },
      actorType: {
        user: { claim: 'role', values: ['authenticated'], unless: { claim: 'is_anonymous', values: [true] } },
      },
    };
  },
  exchange: { clientCredentials: 'none' },
});
