/** An absolute https URL, or http on loopback, without credentials or fragment. */
export function isIdentifier(value: unknown): boolean {
  if (!isHttpUrl(value)) return false;
  const url = new URL(value as string);
  return url.protocol === 'https:' || isLoopback(url);
}

/** Whether what is called there is on this machine. */
export const isLoopback = ({ hostname }: URL): boolean =>
  hostname === 'localhost' || hostname === '[::1]' || /^127(\.\d{1,3}){3}$/.test(hostname);

/** The same, with http at any host. */
export function isHttpUrl(value: unknown): boolean {
  if (typeof value !== 'string' || !URL.canParse(value)) return false;
  const { protocol, username, password, hash } = new URL(value);
  return (protocol === 'https:' || protocol === 'http:') && !username && !password && !hash;
}

/** What an issuer may call itself: printable ASCII without white space (RFC 7519 §2, StringOrURI). It is compared and never followed. */
export const isIssuerName = (value: unknown): boolean => typeof value === 'string' && /^[!-~]{1,512}$/.test(value);
