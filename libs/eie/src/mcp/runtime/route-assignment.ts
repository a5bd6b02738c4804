import { Inject, Injectable, type Type } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService } from '@nestjs/core';
import { EieConfigurationError } from 'execution-identity';

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

  /** @throws EieConfigurationError where several routes have one path: the adapter would serve one of them, or refuse in its own words */
  assertOwnPaths(): void {
    const paths = this.#routes().map(route =>
      String(Reflect.getMetadata(PATH_METADATA, route)).replace(/^\/|\/$/g, ''),
    );
    const shared = paths.find((path, i) => paths.indexOf(path) !== i);
    if (shared === undefined) return;
    throw new EieConfigurationError(
      `Several EieMcpModule.register() have the path "${shared}": give each route a path of its own, or one register() all its tool classes.`,
    );
  }

  /** What is wrong with where a tool class is served, with its fix; `undefined` when nothing is. */
  problem(tools: Type): string | undefined {
    const routes = this.#routes().map(route => Reflect.getMetadata(SERVED, route) as readonly Type[] | 'all');
    const count = routes.filter(include => serves(include, tools)).length;
    if (count === 1) return undefined;
    return `${tools.name} is served by ${count || 'no'} MCP routes: name it in "include" of exactly one EieMcpModule.register().`;
  }

  #routes(): object[] {
    return this.discovery
      .getControllers()
      .flatMap(({ metatype }) => (metatype && Reflect.hasMetadata(SERVED, metatype) ? [metatype] : []));
  }
}

const serves = (include: readonly Type[] | 'all', tools: Type): boolean => include === 'all' || include.includes(tools);
