import { Inject, Injectable } from '@nestjs/common';
import { ServerProfile } from '../configuration/server-profile.js';
import { type BootCheck, BootChecks, type BootProblem } from './boot-checks.js';
import { declares } from './posture/declared-routes.js';
import { RawRoutes } from './posture/raw-routes.js';

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
    return this.raw.found
      .filter(route => !this.profile.routes.some(declared => declares(declared, route)))
      .map(({ method, path }) => ({
        message: `${method} ${path} is a route on the HTTP adapter that no handler of Nest serves, so no guard stands before it: add { path: ${JSON.stringify(path)}, method: '${method}', access: 'public', reason } to authorization.routes, with access "unmanaged" where it authenticates its callers itself, or serve it by a controller.`,
      }));
  }
}
