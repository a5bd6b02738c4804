import { type Fetch } from '../ports/fetch.js';
import { EieError, findingOf } from '../errors.js';
import { type Finding } from '../finding.js';
import { fetchStrictJson } from './fetch-json.js';
import { isIdentifier } from './identifier.js';

/**
 * Where an issuer publishes its keys, by its own metadata: OpenID Connect Discovery §4, else RFC 8414 §3. The issuer is the
 * operator's, and its document must name that very issuer (RFC 8414 §3.3).
 *
 * @throws EieError `issuer_unavailable`
 */
export async function discoverJwksUri(issuer: string, fetcher: Fetch): Promise<string> {
  let failure: Finding = {};
  for (const url of metadataUrlsOf(issuer)) {
    const document = await fetchStrictJson(url, fetcher).catch((error: unknown) => {
      failure = error instanceof EieError ? findingOf(error) : {};
      return undefined;
    });
    const { issuer: named, jwks_uri: uri } = Object(document) as Record<string, unknown>;
    if (named === issuer && typeof uri === 'string' && isIdentifier(uri)) return uri;
  }
  throw new EieError('issuer_unavailable', { finding: failure });
}

function metadataUrlsOf(issuer: string): string[] {
  const { origin, pathname } = new URL(issuer);
  const path = pathname.replace(/\/$/, '');
  return [
    `${origin}${path}/.well-known/openid-configuration`,
    `${origin}/.well-known/oauth-authorization-server${path}`,
  ];
}
