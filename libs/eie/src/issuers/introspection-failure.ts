import { EieError, type Finding } from 'execution-identity';
import { errorName } from 'execution-identity/internal';
import { ENCODED } from './client-secret-basic.js';
import { isUnread } from './unread-answer.js';

/** What an authorization server says to a client (RFC 6749 §5.2, RFC 6750 §3.1, RFC 7662 §2.3). Of another text nothing is shown. */
const KNOWN = [
  'invalid_request',
  'invalid_client',
  'invalid_token',
  'insufficient_scope',
  'unauthorized_client',
  'access_denied',
  'server_error',
  'temporarily_unavailable',
];
const OF_CLIENT = ['invalid_client', 'invalid_token', 'insufficient_scope', 'unauthorized_client', 'access_denied'];

/**
 * Why an issuer has not said whether a token is active, for the operator: the endpoint, its status, and its error where that is a known one. It is
 * no fault of the token, whatever the endpoint says.
 *
 * @param error of oauth4webapi or `fetch`
 * @param asked the endpoint, and whether this server's name and secret are encoded there
 */
export function introspectionFailure(
  error: unknown,
  { issuer, url, isEncoded }: { readonly issuer: string; readonly url: string; readonly isEncoded: boolean },
): EieError {
  if (error instanceof EieError) return error;
  const { response, cause, error: said } = Object(error) as { response?: unknown; cause?: unknown; error?: unknown };
  const answer = [response, cause].find(one => one instanceof Response);
  const known = KNOWN.find(one => one === said);
  const status = answer?.status ?? errorName(error);
  return new EieError('issuer_unavailable', {
    finding: { issuer, url, status, ...(known && { said: known }), fix: fixFor(status, known, isEncoded) },
  });
}

function fixFor(status: number | string, said: string | undefined, isEncoded: boolean): NonNullable<Finding['fix']> {
  if (status === 401 || status === 403 || OF_CLIENT.includes(said ?? ''))
    return isEncoded ? `${CLIENT} ${ENCODED}` : CLIENT;
  if (typeof status === 'number') return ENDPOINT;
  return isUnread(status) ? ANSWER : CONNECTION;
}

const CLIENT =
  'The issuer does not let this server ask about tokens: compare issuers[].client, its id and its secret or key, with what the issuer has, and allow that client introspection there.';
const ENDPOINT =
  'See whether this is the introspection endpoint of the issuer (issuers[].metadata), and what its log says of the request; redirects are not followed.';
const ANSWER =
  'What is answered there must be the JSON of RFC 7662, with "active" true or false, of at most 256 KB; a signed answer (RFC 9701) is not read.';
const CONNECTION =
  'Open the URL from the machine of this server, and look at host name, TLS certificate, firewall and proxy. It must answer within 5 seconds.';
