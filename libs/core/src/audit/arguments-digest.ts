import { createHmac } from 'node:crypto';

const MAX_DEPTH = 64;

/**
 * A keyed digest of the arguments of a call: HMAC-SHA-256 over their canonical JSON (RFC 8785), as base64url without padding, 43 characters.
 * Whoever has the key and the arguments can tell that these were the ones. Without the key nobody can try what they were.
 *
 * @param key at least 32 bytes, of which nothing else is made
 * @returns `null` for what is nested more than 64 deep
 */
export function argumentsDigest(key: Uint8Array, args: unknown): string | null {
  const text = canonical(args, 0);
  return text === undefined ? null : createHmac('sha256', key).update(text).digest('base64url');
}

/** RFC 8785: members in the order of their UTF-16 code units; numbers and strings as ECMAScript writes them. */
function canonical(value: unknown, depth: number): string | undefined {
  if (depth > MAX_DEPTH) return undefined;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const parts = Array.isArray(value)
    ? value.map(one => canonical(one, depth + 1))
    : Object.entries(value)
        .filter(([, one]) => one !== undefined)
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([name, one]) => join(JSON.stringify(name), canonical(one, depth + 1)));
  if (parts.includes(undefined)) return undefined;
  return Array.isArray(value) ? `[${parts.join(',')}]` : `{${parts.join(',')}}`;
}

const join = (name: string, value: string | undefined): string | undefined => value && `${name}:${value}`;
