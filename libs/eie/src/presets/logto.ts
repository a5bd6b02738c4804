import { IsIdentifier } from '../options/constraints.js';
import { defineProvider } from './define-provider.js';

export class LogtoParameters {
  /** The endpoint of the tenant: `https://example.logto.app`, or a custom domain. */
  @IsIdentifier({
    message:
      '$property must be the https endpoint of the tenant, such as "https://example.logto.app" (http only on loopback)',
  })
  endpoint: string;
}

/**
 * One Logto tenant, as in "Validate access tokens". The API is registered as an API resource whose indicator is `resource`.
 *
 * Access tokens have the header `at+jwt`. Logto keeps RFC 9068 §5: where a client acts for itself, it is the subject. The tenant is the
 * organization, `organization_id`, of an organization-level API resource.
 *
 * It does NOT take organization tokens, whose audience is `urn:logto:organization:<id>`, unless you say `tenants` and
 * `tenantAudience: 'urn:logto:organization:{tenant}'`.
 *
 * @throws EieConfigurationError naming each wrong or missing parameter
 * @example logto({ endpoint: 'https://example.logto.app' })
 */
export const logto = defineProvider({
  name: 'logto',
  parameters: LogtoParameters,
  issuer: ({ endpoint }) => {
    const issuer = `${endpoint.replace(/\/$/, '')}/oidc`;
    return {
      issuer,
      jwksUri: `${issuer}/jwks`,
      algorithms: ['ES384'],
      claims: { tenant: 'organization_id' },
      actorType: { user: { claim: 'sub', differsFrom: 'client_id' } },
    };
  },
});
