import { EieError } from 'execution-identity';
import { holdsClimbing } from './climbing.js';

/**
 * The URL of a call, if it stays inside the base URL of its target: same origin, same path prefix. A path that begins
 * with `/` counts from the base URL, not from the origin.
 *
 * Spellings that servers and proxies read in different ways are refused and not repaired: dot segments, backslashes, and
 * encoded slashes, backslashes and dots, in any number of encodings; see {@link holdsClimbing}. A query may hold anything.
 *
 * @throws EieError `target_url_refused`
 */
export function targetUrl(base: URL, input: string): URL {
  const prefix = base.pathname.replace(/\/$/, '');
  const absolute = /^[a-z][a-z0-9+.-]*:/i.test(input);
  const own = base.origin + prefix;
  // What the operator has written may hold an encoded slash; what a caller adds may not.
  const path = (input.startsWith(own) ? input.slice(own.length) : input).split(/[?#]/, 1)[0]!;
  if (/[\\\s\p{Cc}]|%2e/iu.test(path) || holdsClimbing(path)) throw new EieError('target_url_refused');
  if (!absolute && input.startsWith('//')) throw new EieError('target_url_refused');
  const candidate = absolute
    ? input
    : `${base.origin}${prefix}${input.startsWith('/') || input.startsWith('?') ? '' : '/'}${input}`;
  const url = URL.canParse(candidate) ? new URL(candidate) : undefined;
  const inside =
    url?.origin === base.origin &&
    !url.username &&
    !url.password &&
    (url.pathname === prefix || url.pathname.startsWith(`${prefix}/`));
  if (!inside) throw new EieError('target_url_refused');
  return url;
}
