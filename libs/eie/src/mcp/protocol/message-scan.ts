import { MESSAGE_LIMITS, type MessageLimits } from './message-limits.js';

const [QUOTE, BACKSLASH, COLON, COMMA] = [0x22, 0x5c, 0x3a, 0x2c];
const [OPEN_OBJECT, CLOSE_OBJECT, OPEN_LIST, CLOSE_LIST] = [0x7b, 0x7d, 0x5b, 0x5d];
const SPACE = 0x20;

/**
 * Whether the JSON in these bytes is deeper, larger or wider than a message may be: the same limits as `exceedsLimits`, before
 * anything is parsed. One pass over the bytes, constant stack, no allocation but one counter for each level. A name that an object has
 * twice counts twice.
 *
 * It does NOT say whether the bytes are JSON. Of bytes that are not, the part that a parser would read is within the limits.
 */
export function bytesExceedLimits(bytes: Uint8Array, limits: MessageLimits = MESSAGE_LIMITS): boolean {
  if (bytes.length > limits.bytes) return true;
  const members = new Uint32Array(limits.depth + 2);
  let depth = 0;
  let values = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!;
    if (byte <= SPACE || byte === COMMA) continue;
    if (byte === CLOSE_OBJECT || byte === CLOSE_LIST) {
      if (depth > 0) depth--;
      continue;
    }
    if (byte === COLON) {
      // The text before it was a name, which is no value.
      values--;
      if (++members[depth]! > limits.members) return true;
      continue;
    }
    if (depth > limits.depth || ++values > limits.values) return true;
    if (byte === OPEN_OBJECT || byte === OPEN_LIST) {
      members[++depth] = 0;
    } else if (byte === QUOTE) {
      const end = endOfText(bytes, at + 1);
      if (end - at - 1 > limits.text) return true;
      at = end;
    } else {
      at = endOfWord(bytes, at + 1) - 1;
    }
  }
  return false;
}

/** Where the quote is that ends a text, or the bytes end. */
function endOfText(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && bytes[at] !== QUOTE) at += bytes[at] === BACKSLASH ? 2 : 1;
  return Math.min(at, bytes.length);
}

/** Where a number, `true`, `false` or `null` ends. */
function endOfWord(bytes: Uint8Array, from: number): number {
  let at = from;
  while (at < bytes.length && !endsWord(bytes[at]!)) at++;
  return at;
}

function endsWord(byte: number): boolean {
  switch (byte) {
    case QUOTE:
    case COLON:
    case COMMA:
    case OPEN_OBJECT:
    case CLOSE_OBJECT:
    case OPEN_LIST:
    case CLOSE_LIST:
      return true;
    default:
      return byte <= SPACE;
  }
}
