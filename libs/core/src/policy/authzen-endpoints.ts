import { EieConfigurationError } from '../errors.js';
import { type Fetch } from '../ports/fetch.js';
import { fetchStrictJson } from '../token/fetch-json.js';
import { isIdentifier } from '../token/identifier.js';

/** Where a policy decision point answers. */
export interface AuthZenEndpoints {
  readonly evaluation: string;
  /** Several questions at once. Absent where it takes only one. */
  readonly evaluations?: string;
}

const WELL_KNOWN = '/.well-known/authzen-configuration';

/**
 * The paths of the Authorization API 1.0 (sections 10.1.1 and 10.1.2) below the URL of a policy decision point.
 *
 * @throws EieConfigurationError for what is no https URL, nor an http URL on loopback
 */
export function defaultEndpoints(url: string): AuthZenEndpoints {
  if (!isIdentifier(url) || new URL(url).search)
    throw new EieConfigurationError(
      'AuthZenPolicyEngine: url must be an https URL without a query, or http on loopback, such as "https://pdp.example.com".',
    );
  const base = withoutSlash(url);
  return { evaluation: `${base}/access/v1/evaluation`, evaluations: `${base}/access/v1/evaluations` };
}

/**
 * The endpoints that the metadata of a policy decision point names (section 9). They are at its own origin: our credential for it goes nowhere
 * else.
 *
 * @throws DocumentFailure where the metadata cannot be had; TypeError where it is of another one, or names no endpoint at this origin
 */
export async function publishedEndpoints(url: string, fetcher: Fetch): Promise<AuthZenEndpoints> {
  const { origin, pathname } = new URL(url);
  const document = await fetchStrictJson(`${origin}${WELL_KNOWN}${withoutSlash(pathname)}`, fetcher);
  const metadata = Object(document) as Record<string, unknown>;
  const named = metadata.policy_decision_point;
  if (typeof named !== 'string' || withoutSlash(named) !== withoutSlash(url))
    throw new TypeError('The metadata is of another policy decision point.');
  const endpoint = (member: string): string | undefined => {
    const value = metadata[member];
    return isIdentifier(value) && new URL(value as string).origin === origin ? (value as string) : undefined;
  };
  const [evaluation, evaluations] = ['access_evaluation_endpoint', 'access_evaluations_endpoint'].map(endpoint);
  if (evaluation === undefined) throw new TypeError('The metadata names no access_evaluation_endpoint at its origin.');
  return { evaluation, ...(evaluations !== undefined && { evaluations }) };
}

const withoutSlash = (url: string): string => url.replace(/\/$/, '');
