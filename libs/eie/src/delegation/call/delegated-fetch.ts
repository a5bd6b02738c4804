import { EieError, ENVELOPE_HEADERS, type ExecutionIdentityEnvelope } from 'execution-identity';
import { printable, type SealedEnvelope } from 'execution-identity/internal';
import { ADVISORY_HEADERS, advisoryHeaders } from './advisory-headers.js';
import { type Target } from '../targets/target.js';
import { type OwnAuthorization } from './own-authorization.js';
import { targetUrl } from '../targets/target-url.js';
import { timelyAnswer } from './timely-answer.js';

/**
 * A `fetch` for one target and one execution. Paths count from the target's base URL, absolute URLs must lie inside it.
 * It adds the credentials itself and refuses to be given any. It follows a redirect of a GET or HEAD inside the base URL, three at most, unless
 * `redirect` says otherwise; any other one is `target_redirect_refused`.
 */
export interface DelegatedFetch {
  (input: string | URL | Request, init?: RequestInit): Promise<Response>;
  /**
   * The same call, for what a JSON API says: resolves with the parsed body of a 2xx answer, and with `undefined` where that body is
   * empty. Any other answer rejects, so an API's 403 never passes for a result. It sends `Accept: application/json` unless the caller
   * sets another.
   *
   * It does NOT check that the value is a `T`, does NOT limit how large it may be, and sends a body as it is given: `JSON.stringify` it,
   * and set `content-type`. What the target says in an error answer is not read and is in no error: call the fetch itself to see it. Its
   * challenge is, where a 401 asks for another login of the user.
   *
   * @throws EieError `target_failed` for another status, which is its `targetStatus`, and for a body that is not JSON;
   * `delegation_step_up` for a 401 that asks for another login of the user (RFC 9470, or the claims challenge of Entra ID);
   * `target_unavailable` also when the body breaks off; and every code that `DelegationService.for` names
   * @example const order = await orders.json<Order>(path`/orders/${orderId}`);
   */
  json<T = unknown>(input: string | URL | Request, init?: RequestInit): Promise<T>;
  /**
   * Where the target is for this identity, for clients that must be told an absolute URL.
   *
   * @throws EieError `target_undeclared`, `target_tenant_unknown`
   */
  readonly baseUrl: string;
}

/** Only this file sets them. */
const RESERVED_HEADERS: ReadonlySet<string> = new Set([
  'authorization',
  'proxy-authorization',
  'cookie',
  'dpop',
  'traceparent',
  'tracestate',
  'baggage',
  ...ENVELOPE_HEADERS.map(name => name.toLowerCase()),
  ...ADVISORY_HEADERS,
]);
const MAX_REDIRECTS = 3;
/** RFC 9110 §15.4: a 300 offers a choice, a 304 has no other place, and the rest is reserved. */
const REDIRECTS = [301, 302, 303, 307, 308];

/** How the answer of a call is taken. */
export interface CallOptions {
  /** As the caller asked for it: `manual` gives the redirect itself, `error` refuses it. Default `follow`. */
  readonly redirect: RequestRedirect;
}

export const callOptions = (input: string | URL | Request, init: RequestInit | undefined): CallOptions => ({
  redirect: init?.redirect ?? (input instanceof Request ? input.redirect : 'follow'),
});

/**
 * The request of a caller, checked before anything is done for it.
 *
 * @param accept the `Accept` header, unless the caller set one
 * @throws EieError `target_url_refused`, `target_request_refused`
 */
export function targetRequest(
  { baseUrl, ownHeaders = [] }: Pick<Target, 'baseUrl' | 'ownHeaders'>,
  input: string | URL | Request,
  init: RequestInit | undefined,
  accept?: string,
): Request {
  const url = targetUrl(baseUrl, input instanceof Request ? input.url : String(input));
  const request = new Request(url, {
    ...(input instanceof Request && used(input)),
    ...used(init ?? {}),
    redirect: 'manual',
  });
  for (const name of request.headers.keys())
    if (RESERVED_HEADERS.has(name) || ownHeaders.includes(name)) throw new EieError('target_request_refused');
  if (accept !== undefined && !request.headers.has('accept')) request.headers.set('accept', accept);
  return request;
}

/** The only members that are used from the request of a caller. Another one, such as the `dispatcher` of Node's fetch, could read the additions. */
function used({ method, headers, body, signal }: RequestInit | Request) {
  return {
    ...(method !== undefined && { method }),
    ...(headers !== undefined && { headers }),
    ...(body != null && { body }),
    ...(signal !== undefined && { signal }),
    duplex: 'half',
  };
}

/** Whether the same request can be sent twice. A stream can be read only once. */
export function isRepeatable(input: string | URL | Request, init: RequestInit | undefined): boolean {
  const body: unknown = init?.body ?? (input instanceof Request ? input.body : undefined);
  return (
    !(body instanceof ReadableStream) &&
    typeof (body as AsyncIterable<unknown> | undefined)?.[Symbol.asyncIterator] !== 'function'
  );
}

/** What the delegation service adds to a request. */
export interface Additions {
  /** Absent where the target has a credential of its own. */
  readonly accessToken?: string;
  readonly own?: OwnAuthorization;
  /** Absent where the target is outside the trust domain. */
  readonly sealed?: SealedEnvelope;
  /** The headers that carry the trace. */
  readonly trace: readonly (readonly [name: string, value: string])[];
}

/**
 * @param beforeSending called before each request, once it is complete: also before that to which a redirect leads
 * @throws EieError `target_redirect_refused` on a redirect that is not followed, `target_unavailable` when there is no answer in time; what the caller's own signal says when that aborts
 */
export async function send(
  envelope: ExecutionIdentityEnvelope,
  target: Target,
  request: Request,
  additions: Additions,
  fetcher: typeof fetch,
  beforeSending: () => Promise<void>,
  { redirect }: CallOptions,
): Promise<Response> {
  const { headers } = request;
  if (additions.accessToken !== undefined) headers.set('authorization', `Bearer ${additions.accessToken}`);
  for (const [name, value] of additions.trace) headers.set(name, value);
  if (additions.sealed) headers.set(additions.sealed.header, additions.sealed.jws);
  if (!target.external) for (const [name, value] of advisoryHeaders(envelope, target.mode)) headers.set(name, value);
  let next = request;
  for (let redirects = 0; ; redirects++) {
    await additions.own?.authorize(next);
    await beforeSending();
    const response = await timelyAnswer(next, request.signal, target.timeout, fetcher);
    const location = REDIRECTS.includes(response.status) ? response.headers.get('location') : null;
    if (location === null || redirect === 'manual')
      return redirects ? Object.defineProperty(response, 'redirected', { value: true }) : response;
    await response.body?.cancel();
    // A token that is taken once cannot be sent twice.
    const followed =
      redirect === 'follow' &&
      !target.singleUse &&
      redirects < MAX_REDIRECTS &&
      (next.method === 'GET' || next.method === 'HEAD');
    if (!followed || !URL.canParse(location, next.url)) throw new EieError('target_redirect_refused', NOT_FOLLOWED);
    const { href, origin } = new URL(location, next.url);
    if (origin !== target.baseUrl.origin) throw new EieError('target_redirect_refused', leaving(origin));
    next = new Request(inside(target, href), next);
  }
}

/** @throws EieError `target_redirect_refused` */
function inside({ baseUrl }: Target, href: string): URL {
  try {
    return targetUrl(baseUrl, href);
  } catch {
    throw new EieError('target_redirect_refused', OUTSIDE);
  }
}

const NOT_FOLLOWED = {
  finding: {
    fix: 'The target redirects where it must not: at most three times, and only a GET or HEAD of a target that takes a Txn-Token again.',
  },
};
const OUTSIDE = {
  finding: {
    fix: 'The target redirects to a path outside its baseUrl: correct baseUrl, or call what it redirects to.',
  },
};
const leaving = (origin: string) => ({
  finding: {
    fix: `The target redirects to ${printable(origin)}, which is outside its baseUrl. Does it not accept the credential? Else correct baseUrl.`,
  },
});
