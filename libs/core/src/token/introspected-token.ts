import { EieError, findingOf } from '../errors.js';
import { type AccessToken } from './access-token.js';
import { readClaims } from './claims-policy.js';
import { type ClaimPath, type Claims, valueAt } from './claim-path.js';
import { type ClaimPaths, type IssuerPolicy } from './issuer-policy.js';

/** How servers write in `token_type` that a token is no access token: `refresh_token`, `Refresh`, `urn:ietf:params:oauth:token-type:id_token`. */
const OTHER_TOKEN = /(?:^|[:_-])(?:refresh|id)(?:[_-]?token)?$/i;

/**
 * What an issuer says of an opaque token (RFC 7662 §2.2), by the same claims policy as a JWT: `aud`, `sub`, client id and
 * `exp` are mandatory here, though the RFC leaves them out. Without `iat` the token counts as older than any revocation.
 *
 * Scopes and client have names of their own in such an answer, `scope` and `client_id`, where the JWTs of the issuer have `scp` or `cid`.
 *
 * @param now seconds since the epoch
 * @throws EieError `token_inactive`, or saying which check failed
 */
export function readIntrospection(
  response: Readonly<Record<string, unknown>>,
  policy: IssuerPolicy,
  now: number,
): AccessToken {
  if (response.active !== true) throw new EieError('token_inactive');
  if ((response.token_use ?? 'access_token') !== 'access_token') throw otherToken('token_use', policy);
  const type = typeof response.token_type === 'string' ? response.token_type : '';
  if (OTHER_TOKEN.test(type)) throw otherToken('token_type', policy);
  // RFC 9449 §6.2: bound to a key, and the answer does not say to which.
  if (/^dpop$/i.test(type) && (response.cnf ?? undefined) === undefined)
    throw new EieError('proof_of_possession_unsupported', {
      finding: { issuer: policy.issuer, claim: 'cnf', fix: NO_KEY },
    });
  const claims = { ...renamed(response, policy.claims), iss: response.iss ?? policy.issuer, iat: response.iat ?? now };
  const token = readAnswer(claims, policy, now);
  return Object.freeze({
    ...token,
    confidence: 'introspected',
    ...((response.iat ?? undefined) === undefined && { issuedAt: 0 }),
  });
}

/** A claim that is missing is so in the answer: nobody can look for it in the token. */
function readAnswer(claims: Claims, policy: IssuerPolicy, now: number): AccessToken {
  try {
    return readClaims(claims, policy, now);
  } catch (error) {
    const { received, ...finding } = error instanceof EieError ? findingOf(error) : {};
    if (!(error instanceof EieError) || !OF_THE_ANSWER.includes(error.code) || received !== undefined) throw error;
    throw new EieError(error.code, { finding: { ...finding, fix: ANSWERED } });
  }
}

const OF_THE_ANSWER = ['claim_missing', 'audience_refused'];
const ANSWERED =
  'The token is opaque, so it is the answer of the introspection endpoint (RFC 7662 §2.2) that lacks this. Have the issuer write it there, or name with issuers[].claims the member that has it.';

const otherToken = (claim: string, { issuer }: IssuerPolicy): EieError =>
  new EieError('token_type_refused', {
    finding: {
      issuer,
      claim,
      fix: 'The client has sent a refresh token or an ID token: it must send its access token.',
    },
  });

const NO_KEY =
  'The issuer calls the token a DPoP token, and its answer about it names no key: have it write "cnf" (RFC 9449 §6.2).';

/** Claims of JWTs that are the scopes and the client of RFC 7662 by another name. A claim such as `permissions` is something else. */
const [SCOPES, CLIENTS]: ClaimPath[][] = [['scp'], ['azp', 'cid', 'appid']];

/** Gives what the answer calls by the name of the RFC the name that is configured, where it lacks that one. */
function renamed(response: Claims, { scope, clientId }: ClaimPaths): Claims {
  return {
    ...response,
    ...(isOther(scope, SCOPES!, response) && { [scope]: response.scope }),
    ...(isOther(clientId, CLIENTS!, response) && { [clientId]: response.client_id }),
  };
}

const isOther = (path: ClaimPath, others: readonly ClaimPath[], response: Claims): path is string =>
  others.includes(path) && valueAt(response, path) === undefined;
