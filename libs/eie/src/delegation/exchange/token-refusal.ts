import * as oauth from 'oauth4webapi';
import { errorName, readStrictJson } from 'execution-identity/internal';
import { stepUpOf } from './step-up.js';
import { type ErrorAnswer } from './words/words.js';

/** Seconds. A server that asks for a longer wait is asked again all the same. */
const MAX_WAIT = 60;

/** Errors of `fetch` for a server that is late. */
const LATE = ['TimeoutError', 'AbortError'];
/** Codes of a server that is up, but has no time. */
const BUSY = ['temporarily_unavailable', 'slow_down'];

/** What came back instead of a token, for this layer alone: nothing of it is passed on as it is. */
export class TokenRefusal extends Error {
  constructor(
    /** The HTTP status; without an answer the name of the failure, such as `ECONNREFUSED`. */
    readonly status: number | string,
    /**
     * Whether the server itself failed: no connection, a time-out, or a status of 500 and above. A refusal, a 429, a server that asks to wait
     * and a page of a firewall may concern one user alone, so they are not outages. A 500 or 503 may concern one user too, and nothing tells
     * it from an outage: a user for whom the server fails so, five times in a row, opens the circuit for all others, for 10 seconds at a time.
     */
    readonly isOutage: boolean,
    /** An OAuth error. */
    readonly body?: oauth.JsonObject,
    /** Seconds, at most 60. */
    readonly retryAfter?: number,
  ) {
    super('The token endpoint gave no token.');
  }
}

/**
 * Reads what oauth4webapi and `fetch` throw where there is no token.
 *
 * @param now seconds since the epoch
 */
export async function tokenRefusal(error: unknown, now: number): Promise<TokenRefusal> {
  const { name, cause } = Object(error) as { name?: unknown; cause?: unknown };
  const { response = cause } = Object(error) as { response?: unknown };
  if (!(response instanceof Response))
    return new TokenRefusal(errorName(hasCode(cause) ? cause : error), hasNoAnswer(name, cause));
  const body = await bodyOf(error, response);
  const isOutage = response.status >= 500 && !BUSY.includes(textOf(body?.error));
  return new TokenRefusal(response.status, isOutage, body, waitOf(response, now));
}

/** The members of an error answer that are looked at. */
export function errorAnswer(body: oauth.JsonObject): ErrorAnswer {
  const description = textOf(body.error_description);
  const number = /^AADSTS(\d{4,8})\b/.exec(description)?.[1];
  return {
    error: codeOf(body),
    description,
    codes: [body.error_codes, Number(number)].flat().filter(one => Number.isSafeInteger(one)) as number[],
    suberror: textOf(body.suberror),
    hasClaims: stepUpOf(body).claims !== undefined,
  };
}

/** A TypeError of `fetch` without a cause says that something here is wrong, and not that a server cannot be reached. */
const hasNoAnswer = (name: unknown, cause: unknown): boolean =>
  LATE.includes(String(name)) || (name === 'TypeError' && cause !== undefined);

/** `fetch` says in its cause why a connection failed. */
const hasCode = (cause: unknown): boolean => typeof cause === 'object' && cause !== null && 'code' in cause;

async function bodyOf(error: unknown, response: Response): Promise<oauth.JsonObject | undefined> {
  if (error instanceof oauth.ResponseBodyError) return error.cause;
  const body: unknown = response.bodyUsed ? undefined : await readStrictJson(response).catch(() => undefined);
  if (
    typeof body === 'object' &&
    body !== null &&
    (typeof (body as oauth.JsonObject).error === 'string' || codeOf(body))
  )
    return body;
  return error instanceof oauth.WWWAuthenticateChallengeError ? { error: 'invalid_client' } : undefined;
}

/** Okta has a form of its own for a client that it does not know, with the code of the standard. Its other codes are not of a token endpoint. */
function codeOf({ error, errorCode }: { readonly error?: unknown; readonly errorCode?: unknown }): string {
  return textOf(error) || (/^[a-z_]+$/.test(textOf(errorCode)) ? textOf(errorCode) : '');
}

/** Retry-After: RFC 9110 §10.2.3, seconds or a date. Without it, when the limit of a 429 is over: Okta and Auth0 say that alone. */
function waitOf({ status, headers }: Response, now: number): number | undefined {
  const said = headers.get('retry-after')?.trim();
  if (!said) return status === 429 ? untilReset(headers, now) : undefined;
  return atMost(/^\d+$/.test(said) ? Number(said) : Math.ceil(Date.parse(said) / 1000) - now);
}

/** Okta, Auth0, and the draft of the IETF. */
const RESETS = ['x-rate-limit-reset', 'x-ratelimit-reset', 'ratelimit-reset'];
/** What is beyond it is a time, in seconds since the epoch, and no wait. */
const TIME = 1_000_000_000;

function untilReset(headers: Headers, now: number): number | undefined {
  const said = RESETS.map(name => headers.get(name)?.trim() ?? '').find(value => /^\d+$/.test(value));
  return said === undefined ? undefined : atMost(Number(said) > TIME ? Number(said) - now : Number(said));
}

const atMost = (seconds: number): number | undefined =>
  Number.isNaN(seconds) ? undefined : Math.min(Math.max(seconds, 0), MAX_WAIT);

const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');
