import { Inject, Injectable } from '@nestjs/common';
import { ServerProfile } from '../configuration/server-profile.js';
import { type BootCheck, BootChecks, type BootProblem } from './boot-checks.js';
import { declares } from './posture/declared-routes.js';
import { type RawRoute, RawRoutes } from './posture/raw-routes.js';

/** From so many routes below one folder on, as the pages of Swagger are, the folder is named in place of each. */
const MANY = 3;

/** Checks that every route on the HTTP adapter that Nest does not know, as far as such routes can be listed, is declared. */
@Injectable()
export class RawRoutesCheck implements BootCheck {
  constructor(
    @Inject(BootChecks) checks: BootChecks,
    @Inject(RawRoutes) private readonly raw: RawRoutes,
    @Inject(ServerProfile) private readonly profile: ServerProfile,
  ) {
    checks.add(this);
  }

  problems(): BootProblem[] {
    const folders = new Map<string, RawRoute[]>();
    for (const route of this.raw.found) {
      if (this.profile.routes.some(declared => declares(declared, route))) continue;
      const folder = `${route.method} ${folderOf(route)}`;
      folders.set(folder, [...(folders.get(folder) ?? []), route]);
    }
    return [...folders.values()].flatMap(routes =>
      routes.length < MANY
        ? routes.map(route => undeclared([route], route.path))
        : [undeclared(routes, `${folderOf(routes[0]!)}/*`)],
    );
  }
}

const folderOf = ({ path }: RawRoute): string => `/${path.split('/')[1] ?? ''}`;

/** @param path which declares them all */
function undeclared(routes: readonly RawRoute[], path: string): BootProblem {
  const { method } = routes[0]!;
  const paths = routes.map(route => route.path).join(', ');
  const [are, them] = routes.length > 1 ? ['are routes', 'them'] : ['is a route', 'it'];
  return {
    message: `${method} ${paths} ${are} on the HTTP adapter that no handler of Nest serves, so no guard stands before ${them}: add { path: ${JSON.stringify(path)}, method: '${method}', access: 'public', reason } to authorization.routes, with access "unmanaged" where it authenticates its callers itself, or serve ${them} by a controller.`,
  };
}
