import { Inject, Injectable, type Type } from '@nestjs/common';
import { DiscoveryService, MetadataScanner } from '@nestjs/core';
import { HandlerRegistry } from '../authorization/handler-registry.js';
import { type BootCheck, BootChecks, type BootProblem } from './boot-checks.js';
import { unguarded } from './handler-problems.js';

/** How `@nestjs/websockets` and `@nestjs/graphql`, optional packages, mark their handlers: a key on the method, and its kind. */
const KINDS = [
  { key: 'websockets:message_mapping', kind: 'messages of a gateway' },
  { key: 'graphql:resolver_type', kind: 'a GraphQL field' },
  { key: 'graphql:subscription_options', kind: 'a GraphQL subscription' },
] as const;

/**
 * Checks that no gateway and no resolver runs without an identity: this library does not protect them, so their callers must be
 * authenticated by a guard of the application.
 */
@Injectable()
export class OtherHandlersCheck implements BootCheck {
  constructor(
    @Inject(BootChecks) checks: BootChecks,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
    @Inject(HandlerRegistry) private readonly registry: HandlerRegistry,
  ) {
    checks.add(this);
  }

  problems(): BootProblem[] {
    const types = new Set(
      this.discovery
        .getProviders()
        .flatMap(({ metatype }) => (typeof metatype === 'function' ? [metatype as Type] : [])),
    );
    return [...types].flatMap(type => this.#problems(type));
  }

  #problems(type: Type): BootProblem[] {
    const prototype = type.prototype as Record<string, object> | undefined;
    if (!prototype) return [];
    return this.scanner.getAllMethodNames(prototype).flatMap(method => {
      const found = KINDS.find(({ key }) => Reflect.hasMetadata(key, prototype[method]!));
      const entry = this.registry.entry(type, method);
      if (!found) return [];
      if (entry?.policy.kind === 'unmanaged')
        return this.registry.unguarded(entry) ? [{ type, message: unguarded(entry.name) }] : [];
      const message = `${type.name}.${method} handles ${found.kind}, which this module does not protect: decorate it, or its class, with @Unmanaged(guard, { reason }), where the guard authenticates the caller, or serve it in an application without this module.`;
      return [{ type, message }];
    });
  }
}
