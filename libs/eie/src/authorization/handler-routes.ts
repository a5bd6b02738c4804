import { Inject, Injectable, RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, MODULE_PATH, PATH_METADATA, VERSION_METADATA } from '@nestjs/common/constants.js';
import { ApplicationConfig, HttpAdapterHost, ModulesContainer } from '@nestjs/core';
import { RoutePathFactory } from '@nestjs/core/router/route-path-factory.js';
import { type HttpRequest } from '../http/http-request.js';

/** One route of an HTTP handler, as the adapter has it: with global prefix, module path and version, and with its parameters by name. */
export interface HandlerRoute {
  /** `GET`, `POST`, …; `ALL`. */
  readonly method: string;
  /** Such as `/v1/orders/:id`. */
  readonly path: string;
}

type RouteMetadata = Parameters<RoutePathFactory['create']>[0];

/** The routes of HTTP handlers, by the rules of Nest's own router. They are known once the application has its prefix and versions. */
@Injectable()
export class HandlerRoutes {
  readonly #paths: RoutePathFactory;

  constructor(
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(ApplicationConfig) private readonly config: ApplicationConfig,
    @Inject(HttpAdapterHost) private readonly host: HttpAdapterHost,
  ) {
    this.#paths = new RoutePathFactory(config);
  }

  /** The routes of a method; none for a method that no route leads to. */
  of(type: Type, method: string): HandlerRoute[] {
    const handler = (type.prototype as Record<string, object | undefined>)[method];
    const requestMethod = handler && (Reflect.getMetadata(METHOD_METADATA, handler) as RequestMethod | undefined);
    if (!handler || requestMethod === undefined) return [];
    const { config } = this;
    const versioningOptions = config.getVersioning();
    const prefix = config.getGlobalPrefix();
    const paths = this.#modulePaths(type).flatMap(modulePath =>
      pathsOn(type).flatMap(ctrlPath =>
        pathsOn(handler).flatMap(methodPath =>
          this.#paths.create(
            {
              ctrlPath,
              methodPath,
              ...(prefix && { globalPrefix: withSlash(prefix) }),
              ...(modulePath !== undefined && { modulePath }),
              ...versionsOf(type, handler, versioningOptions?.defaultVersion),
              ...(versioningOptions && { versioningOptions }),
            },
            requestMethod,
          ),
        ),
      ),
    );
    return [...new Set(paths)].map(path => ({ method: RequestMethod[requestMethod], path }));
  }

  /** Whether the adapter has matched this route for the request. Two versions of one path look the same. */
  matches({ method, path }: HandlerRoute, request: HttpRequest): boolean {
    const { route, routeOptions } = request as { route?: { path?: unknown }; routeOptions?: { url?: unknown } };
    const matched = routeOptions?.url ?? route?.path;
    const asked = request.method ?? '';
    const isMethod = method === 'ALL' || method === asked || (asked === 'HEAD' && method === 'GET');
    return isMethod && (matched === path || matched === this.host.httpAdapter.normalizePath?.(path));
  }

  /** Whether a function has the method, path and version of the route of a class's method, as a wrapper that copies its metadata does. */
  describes(handler: object, type: Type, method: string): boolean {
    const routed = (type.prototype as Record<string, object>)[method]!;
    return (
      Reflect.hasMetadata(METHOD_METADATA, handler) &&
      [METHOD_METADATA, PATH_METADATA, VERSION_METADATA].every(
        key => Reflect.getMetadata(key, handler) === Reflect.getMetadata(key, routed),
      )
    );
  }

  /** The path of each module that has the class among its controllers: that of `RouterModule`, else none. */
  #modulePaths(type: Type): (string | undefined)[] {
    return [...this.modules.values()]
      .filter(({ controllers }) => [...controllers.values()].some(({ metatype }) => metatype === type))
      .map(
        ({ metatype }) =>
          (Reflect.getMetadata(MODULE_PATH + this.modules.applicationId, metatype) ??
            Reflect.getMetadata(MODULE_PATH, metatype)) as string | undefined,
      );
  }
}

function pathsOn(subject: object): string[] {
  const paths = Reflect.getMetadata(PATH_METADATA, subject) as string | string[] | undefined;
  return [paths ?? ''].flat().map(withSlash);
}

function versionsOf(type: Type, handler: object, defaultVersion: unknown): Partial<RouteMetadata> {
  return {
    controllerVersion: (Reflect.getMetadata(VERSION_METADATA, type) ??
      defaultVersion) as RouteMetadata['controllerVersion'],
    methodVersion: Reflect.getMetadata(VERSION_METADATA, handler) as RouteMetadata['methodVersion'],
  } as Partial<RouteMetadata>;
}

const withSlash = (path: string): string => (path.startsWith('/') ? path : `/${path}`);
