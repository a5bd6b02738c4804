import { type IncomingMessage } from 'node:http';
import { type HttpRequest } from '../http/http-request.js';

/** RFC 6750 §2.3. */
const NAME = 'access_token';
const VALUES = new RegExp(`(?<=[?&]${NAME}=)[^&#]+`, 'g');

/**
 * Empties `access_token` in the query of a request where its value is taken: access logs, and what watches the process, copy the URL. The name
 * stays, by which the boundary refuses the request.
 *
 * It does NOT look into the path, or at other names of the query.
 *
 * @returns the values that were taken
 */
export function takeFromQuery(request: IncomingMessage, isTaken: (value: string) => boolean): readonly string[] {
  const { url, rawHeaders } = request;
  if (!url?.includes(`${NAME}=`)) return [];
  const taken = (url.match(VALUES) ?? []).filter(isTaken);
  if (!taken.length) return taken;
  request.url = without(url, taken);
  // HTTP/2 has the URL as a header, which its setter changes in one view alone.
  const path = rawHeaders?.indexOf(':path') ?? -1;
  if (path >= 0) rawHeaders[path + 1] = request.url;
  return taken;
}

/**
 * The same where a request was read before the edge, as that of `app.inject()` and of serverless adapters: its URL was copied, and its query parsed.
 */
export function emptyCopies(request: HttpRequest, taken: readonly string[]): void {
  const { originalUrl, query } = request;
  if (typeof originalUrl === 'string') Reflect.set(request, 'originalUrl', without(originalUrl, taken));
  if (typeof query === 'object' && query !== null && NAME in query) Reflect.set(query, NAME, '');
}

const without = (url: string, taken: readonly string[]): string =>
  url.replace(VALUES, value => (taken.includes(value) ? '' : value));
