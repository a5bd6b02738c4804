import type * as oauth from 'oauth4webapi';

/**
 * Client authentication by HTTP Basic, with both parts form-encoded: RFC 6749 §2.3.1 and appendix B. Nothing is encoded that need not be:
 * letters, digits and `*-._` stay. So an issuer that forgets to decode knows the ids and secrets that most issuers make.
 */
export const clientSecretBasic =
  (secret: string): oauth.ClientAuth =>
  (_server, { client_id: clientId }, _body, headers) => {
    const credentials = Buffer.from(`${formEncoded(clientId)}:${formEncoded(secret)}`).toString('base64');
    headers.set('authorization', `Basic ${credentials}`);
  };

/** Whether an issuer that does not decode gets something else than it expects. */
export const needsEncoding = (...parts: readonly string[]): boolean => parts.some(part => formEncoded(part) !== part);

/** For the operator, where an issuer refuses such a client. */
export const ENCODED =
  'Its id or secret has other characters than letters, digits and "*-._", which client_secret_basic encodes (RFC 6749 §2.3.1): at an issuer that does not decode them, use client_secret_post.';

const formEncoded = (part: string): string => new URLSearchParams([['', part]]).toString().slice(1);
