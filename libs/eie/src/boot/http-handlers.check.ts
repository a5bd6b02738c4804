import { type OnModuleInit, RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { type DiscoveryService, type MetadataScanner } from '@nestjs/core';
import { type Handler, handlerPolicy } from '../authorization/policy-metadata.js';
import { type TargetRegistry } from '../delegation/targets/target-registry.js';
import { EieConfigurationError } from 'execution-identity';
import { type PublicRouteOptions } from '../options/process.options.js';
import { handlerProblems } from './handler-problems.js';

/** How mcp-nest marks its classes of tools. */
const MCP_NEST = 'mcp:controller';
const MCP_NEST_ROUTE = 'eie:mcp-nest-route';

/** A controller that serves the tools of mcp-nest with an identity. */
export function declareMcpNestRoute(controller: Type): void {
  Reflect.defineMetadata(MCP_NEST_ROUTE, true, controller);
}

/** Stops the application when an HTTP handler has no identity policy, or a contradictory one. */
export class HttpHandlersProof implements OnModuleInit {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly scanner: MetadataScanner,
    private readonly targets: TargetRegistry,
    private readonly publicRoutes: readonly PublicRouteOptions[],
  ) {}

  onModuleInit(): void {
    const controllers = this.discovery.getControllers().flatMap(({ metatype }) => (metatype ? [metatype as Type] : []));
    const problems = [...controllers.flatMap(type => this.#problems(type)), ...mcpNestProblems(controllers)];
    if (problems.length)
      throw new EieConfigurationError(`The application cannot start:\n${problems.map(one => `  - ${one}`).join('\n')}`);
  }

  #problems(type: Type): string[] {
    const prototype = type.prototype as Record<string, Handler>;
    return this.scanner.getAllMethodNames(prototype).flatMap(method => {
      const handler = prototype[method]!;
      if (!Reflect.hasMetadata(METHOD_METADATA, handler)) return [];
      if (handlerPolicy(handler, type).kind === 'none' && this.#isPublicRoute(type, handler)) return [];
      return handlerProblems(type, handler, { kind: 'http', targets: this.targets });
    });
  }

  /**
   * Whether each path of the handler is a configured public route, which may have a global prefix or version in front of what the
   * decorators say.
   */
  #isPublicRoute(type: Type, handler: Handler): boolean {
    if (Reflect.getMetadata(METHOD_METADATA, handler) === RequestMethod.ALL) return false;
    const [outer, inner] = [type, handler].map(subject =>
      [Reflect.getMetadata(PATH_METADATA, subject) as string | string[]].flat(),
    );
    return outer!.every(a =>
      inner!.every(b => this.publicRoutes.some(({ path }) => path === joined(a, b) || path.endsWith(joined(a, b)))),
    );
  }
}

const joined = (...parts: (string | undefined)[]): string =>
  `/${parts
    .flatMap(part => part?.split('/') ?? [])
    .filter(Boolean)
    .join('/')}`;

/** The transport of mcp-nest mounts a route of its own, which no guard sees: not even forgetting all of the adapter may go unnoticed. */
function mcpNestProblems(controllers: readonly Type[]): string[] {
  if (controllers.some(type => Reflect.hasMetadata(MCP_NEST_ROUTE, type))) return [];
  return controllers
    .filter(type => Reflect.hasMetadata(MCP_NEST, type))
    .map(
      ({ name }) =>
        `${name} is an @McpController() of mcp-nest, whose tools would run without an identity: serve them with EieMcpStrategy and EieMcpControllerFor() of nestjs-eie/mcp-nest.`,
    );
}
