import { type RouteOptions } from '../../options/authorization.options.js';
import { type RawRoute } from './raw-routes.js';

/** Whether an entry of `authorization.routes` declares a route: by its very path, or by a path above it that ends with `/*`. */
export function declares({ method, path }: Pick<RouteOptions, 'method' | 'path'>, route: RawRoute): boolean {
  if (method !== 'ALL' && method !== route.method) return false;
  if (!path.endsWith('/*')) return path === route.path;
  const base = path.slice(0, -2);
  return route.path === base || route.path.startsWith(`${base}/`) || route.path === path;
}
