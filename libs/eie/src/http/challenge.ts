import { type ChallengeError, type EieError, wireOf } from 'execution-identity';
import { DPOP_ALGORITHMS } from 'execution-identity/internal';
import { metadataUrls } from './metadata-urls.js';

/** The authentication schemes of a server: RFC 6750, RFC 9449. */
export type Scheme = 'Bearer' | 'DPoP';

/**
 * The schemes of a server in the order of its challenges. The scheme that the client has used comes first, because clients use the first
 * challenge that they know, and one that has sent a proof knows DPoP. For a client that has sent nothing it is Bearer.
 */
export function schemesFor(
  { acceptsDpop, requiresDpop }: { readonly acceptsDpop: boolean; readonly requiresDpop: boolean },
  used: Scheme = 'Bearer',
): readonly Scheme[] {
  if (!acceptsDpop) return ['Bearer'];
  if (requiresDpop) return ['DPoP'];
  return used === 'DPoP' ? ['DPoP', 'Bearer'] : ['Bearer', 'DPoP'];
}

/**
 * The `WWW-Authenticate` value for a refusal (RFC 6750 §3, RFC 9449 §7.1, RFC 9470 §3, RFC 9728 §5.1), or `undefined` when other credentials
 * would not help. It never says why a token is invalid. That a proof is, or lacks a nonce, it says: the client makes another one then.
 *
 * @param schemes the first has the error; a 401 names the others as well
 * @param base the scopes that a 401 requests, where no operation is known yet (MCP 2026-07-28, scope selection)
 */
export function challenge(
  error: EieError,
  resource: string,
  [scheme = 'Bearer', ...others]: readonly Scheme[],
  base: readonly string[] = [],
): string | undefined {
  const { status, challenge: wire } = wireOf(error.code);
  if (!wire) return undefined;
  const { acrValues, maxAge, claims } = error.stepUp;
  // Entra ID's own form of a step-up: its clients pass the claims on unchanged.
  const code = claims === undefined ? codeFor(scheme, wire.error) : 'insufficient_claims';
  const isFirst = code === undefined || code === 'invalid_token';
  const scopes = isFirst && !error.scopes.length ? base : error.scopes;
  const resourceMetadata = ['resource_metadata', metadataUrls(resource).pathAware] as const;
  const own = written(scheme, [
    ['error', code],
    ['error_description', code && DESCRIPTIONS[code]],
    ['scope', scopes.length ? scopes.join(' ') : undefined],
    ['acr_values', acrValues],
    ['max_age', maxAge?.toString()],
    ['claims', claims && Buffer.from(claims).toString('base64')],
    resourceMetadata,
    ['algs', scheme === 'DPoP' ? ALGORITHMS : undefined],
  ]);
  if (status !== 401) return own;
  const further = others.map(one => written(one, [one === 'DPoP' ? ['algs', ALGORITHMS] : resourceMetadata]));
  return [own, ...further].join(', ');
}

const ALGORITHMS = DPOP_ALGORITHMS.join(' ');

/** The scheme Bearer knows no proofs: a token that needs one and comes without is invalid there. */
function codeFor(scheme: Scheme, code: ChallengeError | undefined): ChallengeError | undefined {
  const isOfProof = code === 'invalid_dpop_proof' || code === 'use_dpop_nonce';
  return scheme === 'Bearer' && isOfProof ? 'invalid_token' : code;
}

const written = (scheme: Scheme, parameters: readonly (readonly [string, string | undefined])[]): string =>
  `${scheme} ${parameters
    .filter(([, value]) => value !== undefined)
    .map(([name, value]) => `${name}="${value}"`)
    .join(', ')}`;

const DESCRIPTIONS: Record<ChallengeError, string> = {
  invalid_request: 'The request carries its credential in a way that is not allowed',
  invalid_token: 'The access token is invalid or expired',
  invalid_dpop_proof: 'The DPoP proof is missing or invalid',
  use_dpop_nonce: 'The DPoP proof needs the nonce of this answer',
  insufficient_user_authentication: 'The operation needs another authentication of the user',
  insufficient_claims: 'An API needs another authentication of the user',
  insufficient_scope: 'The access token lacks a scope of this operation',
};
