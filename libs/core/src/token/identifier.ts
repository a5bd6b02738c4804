/** An absolute https URL, or http on loopback, without credentials or fragment. */
export function isIdentifier(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, hostname, username, password, hash } = new URL(value);
  const loopback = hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);
  return (protocol === 'https:' || (protocol === 'http:' && loopback)) && !username && !password && !hash;
}

/** What an issuer may call itself: printable ASCII without white space (RFC 7519 §2, StringOrURI). It is compared and never followed. */
export const isIssuerName = (value: unknown): boolean => typeof value === 'string' && /^[!-~]{1,512}$/.test(value);
