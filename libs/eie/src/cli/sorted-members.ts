/** The same JSON value with one order of members, as in the canonical text. */
export function sortedMembers<Value>(value: Value): Value;
export function sortedMembers(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(one => sortedMembers<unknown>(one));
  if (typeof value !== 'object' || value === null) return value;
  const names = Object.keys(value).sort();
  return Object.fromEntries(
    names.map(name => [name, sortedMembers<unknown>((value as Record<string, unknown>)[name])]),
  );
}
