import { ArrayNotEmpty, IsOptional } from 'class-validator';
import { IsIdentifier, IsStrings } from '../options/constraints.js';
import { defineProvider } from './define-provider.js';

const OWNERS = '$property must list the users and organizations whose jobs may call, such as "octo-org"';

export class GithubActionsParameters {
  /** The owners of the repositories whose jobs may call: `octo-org`. */
  @ArrayNotEmpty({ message: OWNERS })
  @IsStrings({ message: OWNERS })
  owners: string[];

  /** The issuer of a GitHub Enterprise. Default: that of github.com. */
  @IsOptional()
  @IsIdentifier({
    message: '$property must be the https URL of the issuer, such as "https://token.actions.example.ghe.com"',
  })
  url?: string;
}

/**
 * The jobs of GitHub Actions, as in "OpenID Connect" of its documentation. A job asks for its token with `resource` as the audience.
 *
 * Everybody on GitHub gets tokens of this issuer, for any audience: the owner of the repository decides. The client is the repository. A job is
 * a service, whoever started it: there are no users, no scopes and no roles. `sub` is as a job may be named: by its branch or environment.
 *
 * There is NO delegation.
 *
 * It does NOT tell the repositories of an owner apart, nor branches, nor workflows: decide by the subject or the client.
 *
 * @throws EieConfigurationError naming each wrong or missing parameter
 * @example githubActions({ owners: ['octo-org'] })
 */
export const githubActions = defineProvider({
  name: 'githubActions',
  parameters: GithubActionsParameters,
  issuer: ({ owners, url = 'https://token.actions.githubusercontent.com' }) => ({
    issuer: url,
    jwksUri: `${url}/.well-known/jwks`,
    algorithms: ['RS256'],
    accessTokenClaim: { claim: 'job_workflow_ref' },
    claims: { clientId: 'repository' },
    actorType: { user: { claim: 'sub', values: [] }, service: { claim: 'repository_owner', values: owners } },
  }),
  exchange: { clientCredentials: 'none' },
});
