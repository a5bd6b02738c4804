/** Parts of the compact serializations: a signed token (RFC 7515 §7.1), and an encrypted one (RFC 7516 §7.1). */
const FORMS: Readonly<Record<number, 'jws' | 'jwe'>> = { 3: 'jws', 5: 'jwe' };

/**
 * In which form of JOSE a token is, if in any: its first part is a header in JSON. Some servers put dots into opaque tokens, so that the
 * number of parts alone tells nothing (`ya29.c.…` of Google, `v4.public.…` of PASETO). It decodes as leniently as any target could.
 */
export function joseForm(token: string): 'jws' | 'jwe' | undefined {
  const { parts, hasHeader } = partsOf(token);
  return hasHeader ? FORMS[parts] : undefined;
}

/**
 * Whether only the issuer can say what a token is: it is no JWT, or an encrypted one. One of three parts with a header is a JWT, and so is
 * what has a header and more parts than any form of JOSE: one that fails is never asked about instead.
 */
export function isOpaque(token: string): boolean {
  const { parts, hasHeader } = partsOf(token);
  return parts < 3 || !hasHeader || FORMS[parts] === 'jwe';
}

function partsOf(token: string): { readonly parts: number; readonly hasHeader: boolean } {
  const [header = '', ...others] = token.split('.', 6);
  const hasHeader = Buffer.from(header, 'base64url').toString().trimStart().startsWith('{');
  return { parts: others.length + 1, hasHeader };
}
