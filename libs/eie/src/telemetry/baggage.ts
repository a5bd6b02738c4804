import { holdsCredential } from './credential-text.js';
import { listOf, trimmed } from './header-list.js';

/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+\-.^_`|~0-9A-Za-z]+$/;
/** `baggage-octet`: no control character, whitespace, double quote, comma, semicolon or backslash. */
const VALUE = /^[\x21\x23-\x2b\x2d-\x3a\x3c-\x5b\x5d-\x7e]*$/;
/** W3C Baggage, "Limits": what every participant passes on. */
const [MEMBERS, BYTES] = [64, 8192];

/**
 * Reads a `baggage` header, to pass it on: W3C Baggage, "Header Content". Members stay as they are and in their order; the ones past the
 * limits of that specification (64 members, 8,192 bytes) are left out, and so is a member with what looks like a token: see
 * {@link holdsCredential}. Nobody may decide by a value: every caller can send it.
 *
 * @returns `undefined` where there is nothing to pass on: it is empty, or one member is malformed
 */
export function parseBaggage(value: unknown): string | undefined {
  const list = listOf(value);
  if (!list?.every(isMember)) return undefined;
  let passed = '';
  for (const member of list.slice(0, MEMBERS)) {
    if (holdsCredential(member)) continue;
    const longer = passed ? `${passed},${member}` : member;
    if (longer.length > BYTES) break;
    passed = longer;
  }
  return passed || undefined;
}

/** `key "=" value`, then properties with or without a value. */
function isMember(member: string): boolean {
  return member.split(';').every((part, i) => {
    const at = part.indexOf('=');
    if (at === -1) return i > 0 && TOKEN.test(trimmed(part));
    return TOKEN.test(trimmed(part.slice(0, at))) && VALUE.test(trimmed(part.slice(at + 1)));
  });
}
