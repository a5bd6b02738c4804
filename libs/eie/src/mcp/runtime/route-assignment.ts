import { Inject, Injectable, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';

const SERVED = 'eie:served-classes';

/** The token of what a route serves, in the module of the route. */
export const SERVED_CLASSES = Symbol('eie:served-classes');

/** Declares on the controller class of a route what it serves: these tool classes, or all of the application. */
export function declareServed(route: Type, include: readonly Type[] | 'all'): void {
  Reflect.defineMetadata(SERVED, include, route);
}

/** Which route serves which tool class. Each class belongs to exactly one: with none it is not served, with two it has two audiences. */
@Injectable()
export class RouteAssignment {
  constructor(
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(SERVED_CLASSES) private readonly own: readonly Type[] | 'all',
  ) {}

  isOurs(tools: Type): boolean {
    return serves(this.own, tools);
  }

  /** What is wrong with where a tool class is served, with its fix; `undefined` when nothing is. */
  problem(tools: Type): string | undefined {
    const routes = this.discovery
      .getControllers()
      .flatMap(({ metatype }) =>
        metatype && Reflect.hasMetadata(SERVED, metatype)
          ? [Reflect.getMetadata(SERVED, metatype) as readonly Type[] | 'all']
          : [],
      );
    const count = routes.filter(include => serves(include, tools)).length;
    if (count === 1) return undefined;
    return `${tools.name} is served by ${count || 'no'} MCP routes: name it in "include" of exactly one EieMcpModule.register().`;
  }
}

const serves = (include: readonly Type[] | 'all', tools: Type): boolean => include === 'all' || include.includes(tools);
