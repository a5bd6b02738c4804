import { type Type } from '@nestjs/common';
import { type DiscoveryService } from '@nestjs/core';

const SERVED = 'eie:served-classes';

/** What a route serves, on its controller class: these tool classes, or every one of the application. */
export function declareServed(route: Type, include: readonly Type[] | 'all'): void {
  Reflect.defineMetadata(SERVED, include, route);
}

/** Which route serves which tool class. Each is served by exactly one: on none it would be forgotten, on two it would have two audiences. */
export class RouteAssignment {
  constructor(
    private readonly discovery: DiscoveryService,
    private readonly own: readonly Type[] | 'all',
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
