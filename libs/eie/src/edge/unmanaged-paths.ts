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

/** Whether some request could be for both an unmanaged route and a route of a handler, whose parameters match anything. */
export function overlaps(unmanaged: UnmanagedRoute, handler: UnmanagedRoute): boolean {
  if (unmanaged.method !== 'ALL' && handler.method !== 'ALL' && unmanaged.method !== handler.method) return false;
  const [own, others] = [unmanaged, handler].map(({ path }) => path.split('/').slice(1));
  for (let i = 0; ; i++) {
    const [one, other] = [own![i], others![i]];
    if (one === '*' || other?.includes('*')) return true;
    if (one === undefined || other === undefined) return one === other;
    if (one !== other && !other.includes(':')) return false;
  }
}
