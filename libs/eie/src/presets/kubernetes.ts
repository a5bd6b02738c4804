import { ArrayNotEmpty } from 'class-validator';
import { IsIdentifier, IsStrings } from '../options/constraints.js';
import { defineProvider } from './define-provider.js';

const NAMESPACES = '$property must list the namespaces whose service accounts may call, such as "shop"';

export class KubernetesParameters {
  /** The issuer of the cluster, as in `iss` (`--service-account-issuer`). */
  @IsIdentifier({
    message: '$property must be the https URL of the issuer of the cluster, such as "https://oidc.example.com/cluster"',
  })
  url: string;

  /** The namespaces whose service accounts may call. */
  @ArrayNotEmpty({ message: NAMESPACES })
  @IsStrings({ message: NAMESPACES })
  namespaces: string[];
}

/**
 * The service accounts of one cluster, as in "Managing Service Accounts". A pod asks for a token with `resource` as its audience, by a projected
 * volume (`serviceAccountToken`).
 *
 * Every pod of the cluster gets tokens of this issuer, for any audience: the namespace decides. Subject and client are
 * `system:serviceaccount:<namespace>:<name>`, since each namespace may have an account of the same name. There are no users, no scopes and no roles.
 *
 * There is NO delegation.
 *
 * It does NOT take tokens without an end, those of a Secret. Nor does it ask whether the pod still lives: a token is good until it ends.
 *
 * @throws EieConfigurationError naming each wrong or missing parameter
 * @example kubernetes({ url: 'https://oidc.example.com/cluster', namespaces: ['shop'] })
 */
export const kubernetes = defineProvider({
  name: 'kubernetes',
  parameters: KubernetesParameters,
  issuer: ({ url, namespaces }) => ({
    issuer: url,
    jwksUri: 'discovery',
    algorithms: ['RS256'],
    accessTokenClaim: { claim: ['kubernetes.io', 'serviceaccount', 'name'] },
    claims: { clientId: 'sub' },
    actorType: {
      user: { claim: 'sub', values: [] },
      service: { claim: ['kubernetes.io', 'namespace'], values: namespaces },
    },
  }),
  exchange: { clientCredentials: 'none' },
});
