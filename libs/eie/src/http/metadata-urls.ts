/** The well-known URLs of the protected resource metadata of a resource: RFC 9728 §3.1. */
export function metadataUrls(resource: string): { root: string; pathAware: string } {
  const { origin, pathname, search } = new URL(resource);
  const root = `${origin}/.well-known/oauth-protected-resource`;
  return { root, pathAware: `${root}${pathname === '/' ? '' : pathname}${search}` };
}
