const PLACEHOLDER = '{tenant}';
/** What ends a segment: of a path, or of a URN. */
const isBoundary = (character: string | undefined): boolean => character === undefined || '/:'.includes(character);
/** What RFC 3986 §2.3 calls unreserved: nothing that could end a segment, or be spelt in a second way. */
const SEGMENT = /^[\w.~-]{1,256}$/;

/**
 * Whether this is an audience in which one segment, `{tenant}`, stands for the tenant: `urn:logto:organization:{tenant}`. It may not come
 * first, and there is no other brace.
 */
export function isTenantAudience(value: unknown): boolean {
  if (typeof value !== 'string') return false;
  const [before, after, further] = value.split(PLACEHOLDER);
  if (!before || after === undefined || further !== undefined || /[{}\s]/.test(before + after)) return false;
  return isBoundary(before.at(-1)) && isBoundary(after[0]);
}

/** The tenant that a member of `aud` names by such an audience, or `undefined` for one of another form. */
export function tenantIn(template: string, member: unknown): string | undefined {
  const [before = '', after = ''] = template.split(PLACEHOLDER);
  if (typeof member !== 'string' || !member.startsWith(before) || !member.endsWith(after)) return undefined;
  const segment = member.slice(before.length, member.length - after.length);
  return SEGMENT.test(segment) ? segment : undefined;
}
