/** An origin, with or without the slash that URL parsers write behind it. */
const PATHLESS = /^https?:\/\/[^/?#\s]+\/?$/i;

/**
 * How the identifier of a resource may be spelt in `aud` (RFC 8707 §2). Without a path it has two spellings, with a slash at its end and
 * without (RFC 3986 §6.2.3): clients that parse it ask for the first. Any other identifier has one.
 *
 * It is for resources alone: `iss`, `htu` and what is in a Txn-Token are compared as they are.
 */
export function spellingsOf(resource: string): readonly string[] {
  if (!PATHLESS.test(resource)) return [resource];
  return [resource, resource.endsWith('/') ? resource.slice(0, -1) : `${resource}/`];
}

/** The one of these that a text names: exactly, else in its other spelling. */
export const named = (resources: readonly string[], text: unknown): string | undefined =>
  resources.find(one => one === text) ?? resources.find(one => spellingsOf(one).includes(text as string));
