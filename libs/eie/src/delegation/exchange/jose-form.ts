/** Parts of the compact serializations: a signed token (RFC 7515 §7.1), and an encrypted one (RFC 7516 §7.1). */
const FORMS: Readonly<Record<number, 'jws' | 'jwe'>> = { 3: 'jws', 5: 'jwe' };

/**
 * In which form of JOSE a token is, if in any: its first part is a header in JSON. Some servers put dots into opaque tokens, so that the
 * number of parts alone tells nothing (`ya29.c.…` of Google, `v4.public.…` of PASETO). It decodes as leniently as any target could.
 */
export function joseForm(token: string): 'jws' | 'jwe' | undefined {
  const [header = '', ...others] = token.split('.', 6);
  const isJson = Buffer.from(header, 'base64url').toString().trimStart().startsWith('{');
  return isJson ? FORMS[others.length + 1] : undefined;
}
