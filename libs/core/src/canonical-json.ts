/**
 * Canonical JSON (RFC 8785): members in the order of their UTF-16 code units; numbers and strings as ECMAScript writes them. Members that are
 * `undefined` are left out. It does NOT refuse a function or a symbol: such a value is written as `null`.
 *
 * @returns `undefined` for what is nested more than `maxDepth` deep, and for a number that JSON cannot write, a `bigint` too
 * @example canonicalJson({ b: 1, a: [true] }) // '{"a":[true],"b":1}'
 */
export function canonicalJson(value: unknown, maxDepth = 64): string | undefined {
  if (maxDepth < 0) return undefined;
  // JSON.parse reads 1e400 as Infinity, and JSON.stringify would write it as null.
  if (typeof value === 'number' && !Number.isFinite(value)) return undefined;
  if (typeof value === 'bigint') return undefined;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null';
  const parts = Array.isArray(value)
    ? value.map(one => canonicalJson(one, maxDepth - 1))
    : Object.entries(value)
        .filter(([, one]) => one !== undefined)
        .sort(([one], [other]) => (one < other ? -1 : 1))
        .map(([name, one]) => join(JSON.stringify(name), canonicalJson(one, maxDepth - 1)));
  if (parts.includes(undefined)) return undefined;
  return Array.isArray(value) ? `[${parts.join(',')}]` : `{${parts.join(',')}}`;
}

const join = (name: string, value: string | undefined): string | undefined => value && `${name}:${value}`;
