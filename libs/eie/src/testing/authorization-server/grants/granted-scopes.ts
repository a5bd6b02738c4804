import { OAuthError } from '../oauth-error.js';
import { type TestResource } from '../server.options.js';

/** The names of all scopes of a resource; `undefined`: any. */
const scopesOf = ({ scopes }: TestResource): readonly string[] | undefined =>
  isNames(scopes) || scopes === undefined ? scopes : Object.values(scopes).flat();

/**
 * The requested scopes, where the resource has them.
 *
 * @throws OAuthError `invalid_scope`
 */
export function grantedScopes(requested: readonly string[], resource: TestResource = {}): readonly string[] {
  const known = scopesOf(resource);
  return within(requested, known);
}

/**
 * The requested scopes, or all if none is requested, of what the subject token grants at that resource.
 *
 * @throws OAuthError `invalid_scope` for more than that
 */
export function narrowedScopes(
  requested: readonly string[],
  held: readonly string[],
  { scopes }: TestResource = {},
): readonly string[] {
  const most =
    scopes === undefined
      ? held
      : isNames(scopes)
        ? held.filter(scope => scopes.includes(scope))
        : held.flatMap(scope => scopes[scope] ?? []);
  return requested.length ? within(requested, most) : most;
}

function within(requested: readonly string[], known: readonly string[] | undefined): readonly string[] {
  if (known && requested.some(scope => !known.includes(scope)))
    throw new OAuthError('invalid_scope', `Only these scopes can be had here: ${known.join(' ')}`);
  return requested;
}

const isNames = (scopes: TestResource['scopes']): scopes is readonly string[] => Array.isArray(scopes);
