import { defineProvider } from './define-provider.js';
import { IsPlainName } from './plain-name.js';

export class StytchParameters {
  /** The project's own domain, which stands in `iss`: `login.example.com`. */
  @IsPlainName('login.example.com')
  domain: string;

  /** What `aud` names: `project-live-…`. Stytch knows no resource indicator. */
  @IsPlainName('project-live-11111111-1111-1111-1111-111111111111')
  projectId: string;
}

/**
 * Connected Apps and M2M clients of one Stytch project, as in "Connected App Access Token" and "Get Access Token" (M2M).
 *
 * `scope` is in access tokens and not in ID tokens. `client_id` is only in tokens of users; an M2M token names its client as the subject.
 *
 * There is NO delegation. The audience is the project, so that **each API of the project accepts every token**: keep apart by scope what must be
 * apart.
 *
 * It does NOT take session JWTs, nor tokens from `test.stytch.com` and `api.stytch.com`, whose issuer is `stytch.com/<project>`.
 *
 * @throws EieConfigurationError naming each wrong or missing parameter
 * @example stytch({ domain: 'login.example.com', projectId: 'project-live-…' })
 */
export const stytch = defineProvider({
  name: 'stytch',
  parameters: StytchParameters,
  issuer: ({ domain, projectId }) => {
    const issuer = `https://${domain}`;
    return {
      issuer,
      jwksUri: `${issuer}/.well-known/jwks.json`,
      algorithms: ['RS256'],
      audience: [projectId],
      accessTokenClaim: { claim: 'scope' },
      actorType: { user: { claim: 'client_id' }, service: { claim: 'scope', unless: { claim: 'client_id' } } },
    };
  },
  exchange: { clientCredentials: 'none' },
});
