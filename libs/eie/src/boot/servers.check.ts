import { Inject, Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { type BootCheck, BootChecks, type BootProblem } from './boot-checks.js';

/** The same for every copy of this package, so that a module of another copy is seen too. */
const SERVER = Symbol.for('nestjs-eie.server-module');

/** Marks a module that admits requests: there can be one of them in an application. */
export const ServerModule = (): ClassDecorator => type => Reflect.defineMetadata(SERVER, true, type);

/** Checks that only one module admits requests. The guard of a second one would find no credentials: the first removes them. */
@Injectable()
export class ServersCheck implements BootCheck {
  constructor(
    @Inject(BootChecks) checks: BootChecks,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
  ) {
    checks.add(this);
  }

  problems(): BootProblem[] {
    const servers = [...this.modules.values()].filter(({ metatype }) => Reflect.hasMetadata(SERVER, metatype));
    if (servers.length < 2) return [];
    const names = [...new Set(servers.map(({ name }) => name))];
    const message =
      names.length > 1
        ? `${names.join(' and ')} are both in this application, and each takes the credentials off every request: make two applications of it, in one process or in two.`
        : `${names.join()} is imported ${servers.length} times: import one forRoot() in the root module, and add targets elsewhere with forFeature().`;
    return [{ message }];
  }
}
