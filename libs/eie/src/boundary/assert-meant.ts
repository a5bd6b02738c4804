import { type AccessToken, EieError, type IssuerPolicy } from 'execution-identity';
import { type Resources, type RouteResource } from '../http/resources.js';

/**
 * The policy accepts every audience of this server. A token for one of its routes must not be accepted at another.
 *
 * @param route `undefined` for the application
 * @throws EieError `audience_refused`, `issuer_unknown`
 */
export function assertMeant(
  { audience }: Pick<AccessToken, 'audience'>,
  policy: IssuerPolicy,
  { main }: Pick<Resources, 'main'>,
  route: RouteResource | undefined,
): void {
  const { issuer } = policy;
  const meant =
    route === undefined || route.resource === main ? audiencesOf(policy) : (route.audience ?? [route.resource]);
  if (!meant.some(one => audience.includes(one)))
    throw new EieError('audience_refused', {
      finding: { issuer, claim: 'aud', expected: meant, received: audience },
    });
  if (route?.issuers && !route.issuers.includes(issuer))
    throw new EieError('issuer_unknown', {
      finding: { claim: 'iss', expected: route.issuers, received: issuer, fix: 'See "issuers" of the route.' },
    });
}

const audiencesOf = ({ audience, tenantAudience }: IssuerPolicy): readonly string[] =>
  tenantAudience === undefined ? audience : [...audience, tenantAudience];
