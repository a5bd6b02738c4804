import { randomBytes } from 'node:crypto';
import { EieError } from '../eie.error.js';
import { TXN_TOKEN_HEADER } from '../envelope/txn-claims.js';
import { targetUrl } from './target-url.js';

/**
 * A `fetch` for one target and one execution. Paths count from the target's base URL, absolute URLs must lie inside it.
 * It adds the credentials itself and refuses to be given any; redirects must stay inside the base URL.
 */
export type DelegatedFetch = (input: string | URL | Request, init?: RequestInit) => Promise<Response>;

/** Set here and by nobody else. */
const RESERVED_HEADERS = ['authorization', 'proxy-authorization', 'cookie', 'dpop', 'traceparent', TXN_TOKEN_HEADER];
const MAX_REDIRECTS = 3;

/**
 * The request of a caller, checked before anything is done for it.
 *
 * @throws EieError `target_url_refused`, `target_request_refused`
 */
export function targetRequest(base: URL, input: string | URL | Request, init: RequestInit | undefined): Request {
  const url = targetUrl(base, input instanceof Request ? input.url : String(input));
  const request = new Request(input instanceof Request ? new Request(url, input) : url, { ...init, redirect: 'manual' });
  if (RESERVED_HEADERS.some(name => request.headers.has(name))) throw new EieError('target_request_refused');
  return request;
}

/** What the delegation service adds to a request. */
export interface Credentials {
  readonly accessToken: string;
  readonly txnToken?: string;
  readonly traceId: string;
}

/** @throws EieError `target_url_refused` on a redirect that leaves the base URL, `target_unavailable` when there is no answer */
export async function send(base: URL, request: Request, { accessToken, txnToken, traceId }: Credentials, fetcher: typeof fetch): Promise<Response> {
  request.headers.set('authorization', `Bearer ${accessToken}`);
  request.headers.set('traceparent', `00-${traceId}-${randomBytes(8).toString('hex')}-01`);
  if (txnToken !== undefined) request.headers.set(TXN_TOKEN_HEADER, txnToken);
  let next = request;
  for (let redirects = 0; ; redirects++) {
    const response = await answer(next, fetcher);
    const location = response.status >= 300 && response.status < 400 ? response.headers.get('location') : null;
    if (location === null) return response;
    await response.body?.cancel();
    const followed = redirects < MAX_REDIRECTS && (next.method === 'GET' || next.method === 'HEAD');
    if (!followed || !URL.canParse(location, next.url)) throw new EieError('target_url_refused');
    next = new Request(targetUrl(base, new URL(location, next.url).href), next);
  }
}

async function answer(request: Request, fetcher: typeof fetch): Promise<Response> {
  try {
    return await fetcher(request);
  } catch (error) {
    if (request.signal.aborted) throw error;
    throw new EieError('target_unavailable');
  }
}
