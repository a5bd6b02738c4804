import { OAuthError } from './oauth-error.js';

const LOOPBACK = ['127.0.0.1', '[::1]', 'localhost'];
/** Schemes that a browser runs or reads. */
const DANGEROUS = ['javascript:', 'data:', 'file:', 'vbscript:', 'blob:', 'about:'];

/**
 * The redirect URIs of a client's own registration: https, http on loopback, or a scheme of its own (RFC 8252 §7), without a fragment.
 *
 * @throws OAuthError `invalid_redirect_uri` (RFC 7591 §3.2.2)
 */
export function redirectUris(given: unknown): string[] {
  const uris = Array.isArray(given) ? (given as unknown[]) : [];
  const [bad] = uris.filter(one => typeof one !== 'string' || !isRedirectUri(one));
  if (!uris.length || bad !== undefined)
    throw new OAuthError(
      'invalid_redirect_uri',
      'redirect_uris must list https URLs, http URLs on loopback or URLs of a scheme of your own, without a fragment.',
    );
  return uris as string[];
}

function isRedirectUri(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, hostname, hash } = new URL(text);
  if (hash || DANGEROUS.includes(protocol)) return false;
  return protocol !== 'http:' || LOOPBACK.includes(hostname);
}

/** Whether a client may be sent to `asked`: it is registered exactly so, or on loopback but for its port (RFC 8252 §7.3). */
export const isRegistered = (asked: string, registered: readonly string[]): boolean =>
  registered.includes(asked) ||
  registered.some(one => withoutPort(one) !== undefined && withoutPort(one) === withoutPort(asked));

function withoutPort(text: string): string | undefined {
  if (!URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'http:' || !LOOPBACK.includes(url.hostname)) return undefined;
  url.port = '';
  return url.href;
}
