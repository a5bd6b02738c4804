import { Inject, Injectable } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { HandlerRegistry } from '../authorization/handler-registry.js';
import { type BootCheck, BootChecks, type BootProblem } from './boot-checks.js';
import { graphsOf } from './graphs.js';
import { unguarded, unmanagedProblems } from './handler-problems.js';
import { NestHandlers } from './nest-handlers.js';

/**
 * Checks that no gateway and no resolver runs without an identity: this library does not protect them, so their callers must be
 * authenticated by a guard of the application.
 */
@Injectable()
export class OtherHandlersCheck implements BootCheck {
  constructor(
    @Inject(BootChecks) checks: BootChecks,
    @Inject(NestHandlers) private readonly handlers: NestHandlers,
    @Inject(HandlerRegistry) private readonly registry: HandlerRegistry,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
  ) {
    checks.add(this);
  }

  problems(): BootProblem[] {
    const areFieldsGuarded = graphsOf(this.discovery).every(({ guardsFields }) => guardsFields);
    return this.handlers.others().flatMap(({ type, method, what, isField }) => {
      const entry = this.registry.entry(type, method);
      const problems = entry ? unmanagedProblems(entry) : [];
      if (problems.length) return problems;
      if (entry?.policy.kind === 'unmanaged') {
        if (this.registry.unguarded(entry)) return [{ type, message: unguarded(entry.name) }];
        return isField && !areFieldsGuarded ? [{ type, message: unguardedField(entry.name, what) }] : [];
      }
      const message = `${type.name}.${method} handles ${what}, which this module does not protect: decorate it, or its class, with @Unmanaged(guard, { reason }), where the guard authenticates the caller, or serve it in an application without this module.`;
      return [{ type, message }];
    });
  }
}

const unguardedField = (name: string, what: string): string =>
  `${name} handles ${what}, which anybody can ask for by "_entities", and Nest runs no guard before it: give GraphQLModule.forRoot() fieldResolverEnhancers: ['guards'].`;
