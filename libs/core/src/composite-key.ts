/**
 * One text for several parts, for maps and for stores. No two lists of parts give the same text: an absent part is a value
 * of its own, and no part can run into its neighbour.
 *
 * @example compositeKey('https://login.example', undefined, 'alice') // '["https://login.example",null,"alice"]'
 */
export const compositeKey = (...parts: readonly (string | undefined)[]): string =>
  JSON.stringify(parts.map(part => part ?? null));
