/** The front of a target in absolute form (RFC 9112 §3.2.2): a scheme, and a host without user information. */
const FRONT = /^https?:\/\/[\w.:[\]-]+(?=[/?]|$)/i;

/**
 * Path and query of a request target, in origin form or in absolute form. The host of an absolute form is dropped, as `Host` is: a sender
 * chooses both. HTTP/2 has its target in `:path`, which may hold either.
 *
 * @param target as it came, before any rewriting
 * @returns `undefined` for every other form: `*`, `host:port`, and schemes that are not http
 */
export function requestPath(target: string): string | undefined {
  if (target.startsWith('/')) return target;
  const [front] = FRONT.exec(target) ?? [];
  if (front === undefined) return undefined;
  const path = target.slice(front.length);
  return path.startsWith('/') ? path : `/${path}`;
}

/**
 * The URL that a client has called, for the `htu` of its proof (RFC 9449 §4.3).
 *
 * @param base the public URL of `/`: an origin, with the path that a proxy takes off
 * @returns `undefined` where the target is not one of a URL: see {@link requestPath}
 */
export function publicUrl(base: string, target: string): string | undefined {
  const path = requestPath(target);
  return path === undefined ? undefined : `${base.replace(/\/$/, '')}${path}`;
}
