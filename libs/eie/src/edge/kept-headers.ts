import { isPseudo } from './header-views.js';

/** What a request is for, and from where it comes. */
const NAMES = ['host', 'origin', 'forwarded'];
const FAMILIES = ['content-', 'sec-fetch-', 'x-forwarded-'];
/** `X-Forwarded-Access-Token`: gateways hand the token itself on so. */
const CARRIES_TOKEN = /(?:token|authorization|jwt|assertion)$/;

/**
 * Whether no caller may make the edge remove this header by sending its text as a token: pseudo-headers, what proxies say, what decides about
 * the origin of a page or the reading of the body, and the header of client certificates.
 *
 * `Referer` is NOT among them: a copy of the token belongs removed, and a caller can leave it out anyway.
 *
 * @param spelled its name, in whatever case
 * @param certificateHeader in lower case: that of `authorization.proofOfPossession.clientCertificate`
 */
export function isKept(spelled: string, certificateHeader: string | undefined): boolean {
  const name = spelled.toLowerCase();
  return (
    isPseudo(name) ||
    name === certificateHeader ||
    NAMES.includes(name) ||
    (FAMILIES.some(family => name.startsWith(family)) && !CARRIES_TOKEN.test(name))
  );
}
