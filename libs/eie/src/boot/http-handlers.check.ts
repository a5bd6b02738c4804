import { Inject, Injectable, RequestMethod, type Type } from '@nestjs/common';
import { METHOD_METADATA, PATH_METADATA } from '@nestjs/common/constants.js';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { type Handler } from '../authorization/handler-metadata.js';
import { handlerPolicy } from '../authorization/policy-metadata.js';
import { ServerProfile } from '../configuration/server-profile.js';
import { TargetRegistry } from '../delegation/targets/target-registry.js';
import { type BootCheck, BootChecks, type BootProblem } from './boot-checks.js';
import { handlerProblems } from './handler-problems.js';

/** Checks that every HTTP handler has an identity policy that does not contradict itself, or is a configured public route. */
@Injectable()
export class HttpHandlersCheck implements BootCheck {
  constructor(
    @Inject(BootChecks) checks: BootChecks,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
    @Inject(TargetRegistry) private readonly targets: TargetRegistry,
    @Inject(ServerProfile) private readonly profile: ServerProfile,
  ) {
    checks.add(this);
  }

  problems(): BootProblem[] {
    return this.discovery
      .getControllers()
      .flatMap(({ metatype }) => (metatype ? this.#problems(metatype as Type) : []));
  }

  #problems(type: Type): BootProblem[] {
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
      inner!.every(b =>
        this.profile.publicRoutes.some(({ path }) => path === joined(a, b) || path.endsWith(joined(a, b))),
      ),
    );
  }
}

const joined = (...parts: (string | undefined)[]): string =>
  `/${parts
    .flatMap(part => part?.split('/') ?? [])
    .filter(Boolean)
    .join('/')}`;
