import { ArrayNotEmpty } from 'class-validator';
import { IsIdentifier, IsStrings } from '../options/constraints.js';
import { defineProvider } from './define-provider.js';

const NAMESPACES = '$property must list the groups and users whose jobs may call, such as "my-group"';

export class GitlabCiParameters {
  /** The URL of the GitLab, as in `iss`: `https://gitlab.com`, or that of your own. */
  @IsIdentifier({
    message: '$property must be the https URL of GitLab, such as "https://gitlab.com" (http only on loopback)',
  })
  url: string;

  /** The namespaces of the projects whose jobs may call, each by its full path: `my-group/my-subgroup`. */
  @ArrayNotEmpty({ message: NAMESPACES })
  @IsStrings({ message: NAMESPACES })
  namespaces: string[];
}

/**
 * The jobs of one GitLab, as in "OpenID Connect (OIDC) Authentication Using ID Tokens". A job names `resource` as `aud` under `id_tokens`.
 *
 * Everybody on that GitLab gets tokens of this issuer, for any audience: the namespace of the project decides, and one below it is another one.
 * The client is the project. A job is a service, whoever started it: there are no users, no scopes and no roles.
 *
 * There is NO delegation.
 *
 * It does NOT take the tokens of a login at GitLab, which name no job.
 *
 * @throws EieConfigurationError naming each wrong or missing parameter
 * @example gitlabCi({ url: 'https://gitlab.com', namespaces: ['my-group'] })
 */
export const gitlabCi = defineProvider({
  name: 'gitlabCi',
  parameters: GitlabCiParameters,
  issuer: ({ url, namespaces }) => ({
    issuer: url,
    jwksUri: 'discovery',
    algorithms: ['RS256'],
    accessTokenClaim: { claim: 'job_id' },
    claims: { clientId: 'project_path' },
    actorType: { user: { claim: 'sub', values: [] }, service: { claim: 'namespace_path', values: namespaces } },
  }),
  exchange: { clientCredentials: 'none' },
});
