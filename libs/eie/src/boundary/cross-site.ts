import { EieError } from 'execution-identity';
import { type HttpRequest, nodeRequest } from '../http/http-request.js';

/** RFC 9110 §9.2.1: they change nothing. */
const SAFE = ['GET', 'HEAD', 'OPTIONS'];
/** The user has started it, or a page of this very origin has: Fetch Metadata Request Headers, `Sec-Fetch-Site`. */
const OWN_SITES = ['same-origin', 'none'];

/**
 * Refuses what a page of another site has made a browser send (CSRF), for a token that a proxy adds by the cookie of the user: the page needs
 * no token then. A request that is no browser's has neither `Sec-Fetch-Site` nor `Origin`, and passes. A page of another origin of the same
 * site is refused too. It does NOT look at GET, HEAD and OPTIONS: their handlers must change nothing.
 *
 * @param origins those of this server: of the resource, and the public one
 * @param pages host names of other pages that the operator allows
 * @throws EieError `origin_refused`
 */
export function assertSameOrigin(request: HttpRequest, origins: readonly string[], pages: readonly string[]): void {
  if (SAFE.includes(request.method ?? '')) return;
  const { 'sec-fetch-site': site, origin } = nodeRequest(request).headers;
  const isOwn =
    site !== undefined ? OWN_SITES.includes(String(site)) : origin === undefined || origins.includes(origin);
  const isAllowed = origin !== undefined && URL.canParse(origin) && pages.includes(new URL(origin).hostname);
  if (isOwn || isAllowed) return;
  const fix =
    'A page of another origin has sent this request, and the proxy has added the token of the user. Serve the page from the origin of "resource".';
  throw new EieError('origin_refused', { finding: { claim: site === undefined ? 'Origin' : 'Sec-Fetch-Site', fix } });
}
