/** Between the texts that can be a JWS. */
const BETWEEN = /[^\w.-]+/;
/** Characters. The parts of a real token are longer. */
const MIN_PART = 8;
/** A value may be encoded again by each participant on the way. */
const ROUNDS = 4;

/**
 * Whether a text of a trace holds what looks like a signed token: three parts of base64url, joined by dots, each of at least 8 characters
 * (RFC 7515 §7.1). It looks behind percent-encoding too, which W3C Baggage has for values. In linear time.
 *
 * It does NOT recognise an opaque token, which nothing distinguishes from other text.
 */
export function holdsCredential(text: string): boolean {
  let decoded = text;
  for (let round = 0; round < ROUNDS; round++) {
    if (decoded.split(BETWEEN).some(isJws)) return true;
    const next = percentDecoded(decoded);
    if (next === decoded) return false;
    decoded = next;
  }
  return true;
}

function isJws(text: string): boolean {
  let parts = 0;
  return text.split('.').some(({ length }) => (parts = length >= MIN_PART ? parts + 1 : 0) === 3);
}

/** A sequence that is malformed stays as it is: `decodeURIComponent` would refuse the whole text. */
const percentDecoded = (text: string): string =>
  text.replace(/%([0-9a-f]{2})/gi, (_found, hex: string) => String.fromCharCode(parseInt(hex, 16)));
