import * as oauth from 'oauth4webapi';
import { EieError, type EieErrorCode, type Finding } from 'execution-identity';
import { type ExchangeOptions } from '../../options/exchange.options.js';
import { ENCODED } from '../../issuers/client-secret-basic.js';
import { isUnread } from '../../issuers/unread-answer.js';
import { isCircuitOpen } from './resilience.js';
import { stepUpOf } from './step-up.js';
import { errorAnswer, TokenRefusal } from './token-refusal.js';
import { meaningOf, OTHER } from './words/provider-words.js';
import { type ErrorAnswer, type Meaning } from './words/words.js';

/** What a token was asked for with, as far as a refusal depends on it. */
export interface Asked {
  readonly exchange: ExchangeOptions;
  /** The endpoint, or the issuer where its endpoint was not found. */
  readonly url: string;
  /** Whether the id or the secret of this server looks different in the header that it authenticates with. */
  readonly isEncoded?: boolean;
  /** Of the subject token, whether it has expired by now. `undefined`: this server asked for a token of its own. */
  readonly isSubjectExpired: boolean | undefined;
}

/** Seconds, where the server asks to wait and does not say how long. */
const WAIT = 5;

/** What only a user can change. Where there is none, the client of this server lacks something. */
const OF_THE_USER: readonly EieErrorCode[] = [
  'delegation_reauthenticate',
  'delegation_step_up',
  'delegation_consent_required',
  'delegation_user_not_assigned',
];

/**
 * What the failure of a token request means for the caller. Of what the server wrote, only the terms of a step-up are kept, and those of its
 * codes that are known. Its texts are not.
 */
export function failureOf(error: unknown, asked: Asked): EieError {
  if (error instanceof EieError) return error;
  if (error instanceof oauth.UnsupportedOperationError)
    return new EieError('delegated_token_refused', { finding: NO_BEARER });
  if (isCircuitOpen(error))
    return new EieError('delegation_unavailable', { finding: { url: asked.url, ...NOT_ASKED } });
  if (!(error instanceof TokenRefusal)) return new EieError('delegation_unavailable', { finding: { url: asked.url } });
  const { status, body = {}, retryAfter } = error;
  const answer = errorAnswer(body);
  const [code, detailCode] = meant(error, answer, asked);
  return new EieError(code, {
    finding: {
      url: asked.url,
      status,
      ...saidOf(answer, detailCode),
      ...fixFor(code, { status, said: detailCode, isEncoded: asked.isEncoded }),
    },
    detailCode,
    retryAfter: retryAfter ?? (code === 'delegation_rate_limited' ? WAIT : undefined),
    ...(code === 'delegation_step_up' && { stepUp: stepUpOf(body) }),
  });
}

const NOT_ASKED: Finding = {
  status: 'not asked',
  fix: 'It gave five calls in a row no answer, or a status of 500 and above, so that no call asks it for 10 seconds: the lines before this one say which.',
};

/** What to change, where it is known better than by the code. */
function fixFor(
  code: EieErrorCode,
  { status, said, isEncoded }: { status: number | string; said: string | undefined; isEncoded: boolean | undefined },
): Pick<Finding, 'fix'> {
  if (isUnread(status)) return { fix: UNREAD };
  if (code === 'delegation_unavailable' && said === undefined && typeof status === 'number' && status < 500) {
    if (isElsewhere(status)) return { fix: ELSEWHERE };
    return { fix: [401, 403].includes(status) ? REFUSED : NO_OAUTH };
  }
  if (DEMANDS_DPOP.includes(said ?? '')) return { fix: DPOP };
  return said === 'invalid_client' && isEncoded ? { fix: `${CLIENT} ${ENCODED}` } : {};
}

const DEMANDS_DPOP = ['invalid_dpop_proof', 'use_dpop_nonce'];
const DPOP =
  'The server demands DPoP of this client, and tokens of targets are not bound to a key: switch it off for this client there.';
const CLIENT = 'Compare issuers[].client, its id and its secret, with what the server has.';
const REFUSED =
  'The server, or what stands before it, refuses this server and writes no error of OAuth: compare issuers[].client, its id, its method and its secret or key, and see whether a gateway or firewall is in between.';
const NO_OAUTH =
  'What answers there gives neither a token nor an error of OAuth (RFC 6749 §5): see whether this is the token endpoint, whether a gateway or firewall is in between, and what its log says of the request.';
const UNREAD =
  'The server answers there, but not as RFC 6749 §5.1 says, in JSON of at most 256 KB: "access_token" and "token_type" are texts, "scope" is a text and "expires_in" a number of seconds, 0 at least, where they are there.';

/** A redirect, Not Found, Method Not Allowed, Gone: what answers there is no token endpoint, whatever it writes. */
const isElsewhere = (status: number | string): boolean =>
  typeof status === 'number' && ((status >= 300 && status < 400) || [404, 405, 410].includes(status));

const ELSEWHERE =
  'No token endpoint answers at this URL, and a redirect is not followed: correct it in the metadata of the issuer, or set issuers[].metadata: { tokenEndpoint }.';

/** For the operator, of a token that is not for a `Bearer` header. */
export const NO_BEARER: Finding = {
  claim: 'token_type',
  expected: 'Bearer',
  fix: 'Have the issuer give this client bearer tokens for the target: tokens of targets are not bound to a key (DPoP), and an ID token or refresh token is no access token.',
};

type Meant = readonly [code: EieErrorCode, detail: string | undefined];

function meant({ status, body, isOutage }: TokenRefusal, answer: ErrorAnswer, asked: Asked): Meant {
  if (!body || isOutage) return [status === 429 ? 'delegation_rate_limited' : 'delegation_unavailable', undefined];
  const [code, detail]: Meaning = meaningOf(answer, asked.exchange);
  if (status === 429) return ['delegation_rate_limited', detail];
  if (detail === OTHER && isElsewhere(status)) return ['delegation_unavailable', undefined];
  if (asked.isSubjectExpired === undefined && OF_THE_USER.includes(code)) return ['delegation_misconfigured', detail];
  // RFC 8693 §2.2.2 has it for a subject token that is not accepted as well.
  if (detail === 'invalid_request' && asked.isSubjectExpired) return ['delegation_reauthenticate', detail];
  return [code, detail];
}

/** For the operator: the known code, and the number of Entra ID, known or not. */
function saidOf({ codes: [number] }: ErrorAnswer, detail: string | undefined): Pick<Finding, 'said'> {
  const numbered = number === undefined ? undefined : `AADSTS${number}`;
  const said = [...new Set([detail, numbered])].filter(one => one !== undefined);
  return said.length ? { said: said.join(', ') } : {};
}
