/** A claim by its name, or by the names that lead to it: `['realm_access', 'roles']`. */
export type ClaimPath = string | readonly string[];

export type Claims = Readonly<Record<string, unknown>>;

/** How a claim is named in a message. */
export const nameOf = (path: ClaimPath): string => [path].flat().join('.');

/** The value at a path of own members, or absent. `null` is how some issuers write that there is none. */
export function valueAt(claims: Claims, path: ClaimPath): unknown {
  let value: unknown = claims;
  for (const name of typeof path === 'string' ? [path] : path) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    value = (value as Claims)[name];
  }
  return value ?? undefined;
}
