import { type BearerError, type EieError, wireOf } from 'execution-identity';
import { DPOP_ALGORITHMS } from 'execution-identity/internal';
import { metadataUrls } from './metadata-urls.js';

/** The authentication schemes of a server: RFC 6750, RFC 9449. */
export type Scheme = 'Bearer' | 'DPoP';

/**
 * The `WWW-Authenticate` value for a refusal (RFC 6750 §3, RFC 9470 §3, RFC 9728 §5.1), or `undefined` when other credentials would not
 * help. It never says why a token is invalid.
 *
 * @param base the scopes that a 401 requests, where no operation is known yet (MCP 2026-07-28, scope selection)
 */
export function challenge(
  error: EieError,
  resource: string,
  schemes: readonly Scheme[],
  base: readonly string[] = [],
): string | undefined {
  const { status, challenge: wire } = wireOf(error.code);
  if (!wire) return undefined;
  const isFirst = wire.error === undefined || wire.error === 'invalid_token';
  const scopes = isFirst && !error.scopes.length ? base : error.scopes;
  const { acrValues, maxAge, claims } = error.stepUp;
  // Entra ID's own form of a step-up: its clients pass the claims on unchanged.
  const code = claims === undefined ? wire.error : 'insufficient_claims';
  const parameters: [string, string | undefined][] = [
    ['error', code],
    ['error_description', code && DESCRIPTIONS[code]],
    ['scope', scopes.length ? scopes.join(' ') : undefined],
    ['acr_values', acrValues],
    ['max_age', maxAge?.toString()],
    ['claims', claims && Buffer.from(claims).toString('base64')],
    ['resource_metadata', metadataUrls(resource).pathAware],
  ];
  const bearer = `Bearer ${parameters
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')}`;
  // RFC 9449 §7.1. After Bearer, because clients use the first challenge that they know.
  return status === 401 && schemes.includes('DPoP') ? `${bearer}, DPoP algs="${DPOP_ALGORITHMS.join(' ')}"` : bearer;
}

const DESCRIPTIONS: Record<BearerError, string> = {
  invalid_request: 'The request carries its credential in a way that is not allowed',
  invalid_token: 'The access token is invalid or expired',
  insufficient_user_authentication: 'An API needs another authentication of the user',
  insufficient_claims: 'An API needs another authentication of the user',
  insufficient_scope: 'The access token lacks a scope of this operation',
};
