import { digest } from 'execution-identity/internal';
import { type LoopbackRequest } from '../../testing/authorization-server/http/loopback-server.js';

/** Fetch Metadata Request Headers: a page of this origin, or what the user has typed. */
const OWN_SITES = ['same-origin', 'none'];

/** Whether a page of this server sends it, or no page. What is no browser sends neither header. */
export function isOwnPage({ headers }: LoopbackRequest): boolean {
  const { 'sec-fetch-site': site, origin, host } = headers;
  return (
    (site === undefined || OWN_SITES.includes(String(site))) && (origin === undefined || origin === `http://${host}`)
  );
}

/** Whether a request that does something comes from a page of this server, which says so, or from who has the secret. */
export function isOwnRequest(request: LoopbackRequest, secret: string): boolean {
  if (!isOwnPage(request)) return false;
  const { origin, authorization = '' } = request.headers;
  // Digests, so that how long it takes tells nothing.
  return origin !== undefined || digest(authorization) === digest(`Bearer ${secret}`);
}
