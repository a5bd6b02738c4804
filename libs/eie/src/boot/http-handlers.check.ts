import { Inject, Injectable, Optional, type Type } from '@nestjs/common';
import { DiscoveryService, HttpAdapterHost, MetadataScanner } from '@nestjs/core';
import { HandlerRegistry } from '../authorization/handler-registry.js';
import { HandlerRoutes } from '../authorization/handler-routes.js';
import { handlerPolicy } from '../authorization/policy-metadata.js';
import { ServerProfile } from '../configuration/server-profile.js';
import { TargetRegistry } from '../delegation/targets/target-registry.js';
import { type BootCheck, BootChecks, type BootProblem } from './boot-checks.js';
import { overlaps } from '../edge/unmanaged-paths.js';
import { CarriedApprovals } from './carried-approvals.js';
import { handlerProblems } from './handler-problems.js';
import { type NestHandler, NestHandlers } from './nest-handlers.js';
import { declares } from './posture/declared-routes.js';
import { RawRoutes } from './posture/raw-routes.js';

/**
 * Checks that every HTTP handler has an identity policy that does not contradict itself, that Nest always runs the same function for it, and
 * that every route of the options is one that is served.
 */
@Injectable()
export class HttpHandlersCheck implements BootCheck {
  constructor(
    @Inject(BootChecks) checks: BootChecks,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
    @Inject(NestHandlers) private readonly handlers: NestHandlers,
    @Inject(TargetRegistry) private readonly targets: TargetRegistry,
    @Inject(ServerProfile) private readonly profile: ServerProfile,
    @Inject(HandlerRegistry) private readonly registry: HandlerRegistry,
    @Inject(HandlerRoutes) private readonly routes: HandlerRoutes,
    @Inject(RawRoutes) private readonly raw: RawRoutes,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
    @Optional() @Inject(CarriedApprovals) private readonly carried?: CarriedApprovals,
  ) {
    checks.add(this);
  }

  problems(): BootProblem[] {
    const handlers = this.handlers.http();
    return [
      ...handlers.flatMap(({ type, method }) => {
        const entry = this.registry.entry(type, method)!;
        return handlerProblems(entry, {
          kind: 'http',
          targets: this.targets,
          isUnguarded: this.registry.unguarded(entry),
          ...(this.carried && { approvals: this.carried.countOnce ? 'carried' : 'unchecked' }),
        });
      }),
      ...this.#unstable(),
      // An application context serves no routes.
      ...((this.host.httpAdapter as unknown) ? this.#routeProblems(handlers) : []),
    ];
  }

  /** A property that gives another function each time: nobody can tell which one Nest has routed. */
  #unstable(): BootProblem[] {
    return this.discovery.getControllers().flatMap(wrapper => {
      const { metatype } = wrapper;
      if (!metatype || !wrapper.isDependencyTreeStatic()) return [];
      const type = metatype as Type;
      const instance = wrapper.instance as Record<string, unknown>;
      return this.scanner
        .getAllMethodNames(type.prototype as object)
        .filter(method => instance[method] !== instance[method])
        .map(method => ({
          type,
          message: `${type.name}.${method} is another function each time it is read: make it a method, and bind it once in the constructor if it must be bound.`,
        }));
    });
  }

  #routeProblems(handlers: readonly NestHandler[]): BootProblem[] {
    const served = handlers.flatMap(handler =>
      this.routes.of(handler.type, handler.method).map(route => ({ handler, route })),
    );
    return this.profile.routes.flatMap((one, index) => {
      const { reason, method, path } = one;
      // Those of signals from outside come after those of the option.
      const where = reason.includes('(signals.') ? `${method} ${path} of signals` : `authorization.routes[${index}]`;
      if (one.access === 'unmanaged')
        return served
          .filter(({ route }) => overlaps(one, route))
          .map(({ handler }) => ({
            type: handler.type,
            message: `${where} leaves ${handler.type.name}.${handler.method} without a boundary, which is a handler of Nest: use @Unmanaged(guard, { reason }) on it, or name a narrower path.`,
          }));
      const serving = served.filter(({ route }) => route.path === one.path && route.method === one.method);
      const meant = serving.filter(({ handler: { type, method } }) => handlerPolicy(type, method).kind === 'none');
      if (!serving.length && this.raw.found.some(route => declares(one, route))) return [];
      if (!serving.length)
        return [
          {
            message: `${where} is ${one.method} ${one.path}, which neither a handler of Nest nor a route on the HTTP adapter serves: name the path with its global prefix, version and parameters, such as "/v1/items/:id". If main.ts puts it there, let "prepare" of startTestApp() do it in tests, and for commands a function that --app names.`,
          },
        ];
      // A host, and a version in a header, are not part of a path.
      if (meant.length < 2) return [];
      const names = meant.map(({ handler: { type, method } }) => `${type.name}.${method}`).join(' and ');
      return [
        {
          type: meant[0]!.handler.type,
          message: `${where} is ${one.method} ${one.path}, which ${names} serve, each for its host or version, and it makes all of them public: use @Public({ reason }) on those that are meant, and give the others a requirement.`,
        },
      ];
    });
  }
}
