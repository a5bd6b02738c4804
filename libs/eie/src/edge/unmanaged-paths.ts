/** A route of the options that an application without Nest serves. */
export interface UnmanagedRoute {
  readonly method: string;
  /** A path; with `/*` at its end, everything below it too. */
  readonly path: string;
}

/** Spellings that servers read in different ways. */
const AMBIGUOUS = /\\|\/\/|%2f|%5c|%2e|(?:^|\/)\.{1,2}(?:\/|$)/i;

/**
 * Whether a request is for an unmanaged route. A path that is spelled ambiguously never is, so its credentials are taken.
 *
 * @param request its `url` is the path with its query
 */
export function covers(
  { method, path }: UnmanagedRoute,
  request: { method?: string | undefined; url?: string | undefined },
): boolean {
  const [asked = ''] = (request.url ?? '').split('?', 1);
  if (AMBIGUOUS.test(asked) || (method !== 'ALL' && method !== request.method)) return false;
  if (!path.endsWith('/*')) return asked === path;
  const base = path.slice(0, -2);
  return asked === base || asked.startsWith(`${base}/`);
}
