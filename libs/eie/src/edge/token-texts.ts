/** Characters. A shorter text may occur in another header by chance. */
export const MIN_TOKEN = 16;
/** What stands before the token in a credential of any scheme. */
const SCHEME = /^[a-z][a-z0-9-]*\s+/i;
/** Characters of a token (RFC 6750 §2.1), without the padding. No list and no address of IPv6 is such a text. */
const TOKENS = new RegExp(`[\\w.~+/-]{${MIN_TOKEN},}`, 'g');
/** Looked for first: in half the time, and mostly there is none. */
const BETWEEN_TOKENS = /[^\w.~+/-]/;
/** A JWS or a JWE: its header is a JSON object, so its base64url begins so. */
const JWS = /^e[wy][\w-]*(?:\.[\w-]*){2,4}$/;

/** The texts in the value of `Authorization`, or of a header like it, that can be an access token, an opaque one too. */
export function tokensIn(value: string): readonly string[] {
  const credential = value.trim().replace(SCHEME, '');
  if (BETWEEN_TOKENS.test(credential)) return credential.match(TOKENS) ?? [];
  return credential.length < MIN_TOKEN ? [] : [credential];
}

/** The texts in a value that have the form of a JWS. Nothing in them is verified. */
export const jwsIn = (value: string): readonly string[] =>
  value.split(/[^\w.-]+/).filter(text => text.length >= MIN_TOKEN && JWS.test(text));
