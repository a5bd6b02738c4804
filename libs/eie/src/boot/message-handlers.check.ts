import { Inject, Injectable } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { EieConfigurationError } from 'execution-identity';
import { HandlerRegistry } from '../authorization/handler-registry.js';
import { type BootCheck, BootChecks, type BootProblem } from './boot-checks.js';
import { type HandlerEntry } from '../record/handler-entry.js';
import { unmanagedProblems } from './handler-problems.js';
import { NestHandlers } from './nest-handlers.js';

/** The server of a microservice, as `@nestjs/microservices` registers it. */
interface Microservice {
  listen?(callback: (...results: unknown[]) => void): unknown;
  /** Of which transport it gets the handlers. */
  readonly transportId?: unknown;
}

/** `startAllMicroservices()` may come before the application is initialised, or instead: nothing listens before the checks have passed. */
function hold(microservice: Microservice, check: () => Promise<void>): void {
  const listen = microservice.listen?.bind(microservice);
  if (listen) microservice.listen = callback => void check().then(() => listen(callback), callback);
}

/**
 * Checks that no message handler runs without an identity. Nest runs message handlers without the global guards, for senders that
 * nobody has authenticated, unless an adapter of this library serves their transport.
 */
@Injectable()
export class MessageHandlersCheck implements BootCheck {
  constructor(
    @Inject(BootChecks) checks: BootChecks,
    @Inject(NestHandlers) private readonly handlers: NestHandlers,
    @Inject(HandlerRegistry) private readonly registry: HandlerRegistry,
    @Inject(ModulesContainer) modules: ModulesContainer,
  ) {
    checks.add(this);
    modules
      .getRpcTargetRegistry<Microservice>()
      .subscribe(microservice => hold(microservice, () => checks.run().then(() => this.#assertApart(microservice))));
  }

  problems(): BootProblem[] {
    return this.handlers.messages().flatMap(({ type, method }) => {
      const entry = this.registry.entry(type, method);
      const problems = entry ? unmanagedProblems(entry) : [];
      if (problems.length || this.#isGuarded(entry)) return problems;
      const message = `${type.name}.${method} handles messages, whose senders nobody has authenticated: decorate it with @Unmanaged(guard, { reason }), serve it in an application without this module, or, where it belongs to a library such as mcp-nest, through the adapter that nestjs-eie has for that library.`;
      return [{ type, message }];
    });
  }

  /** A microservice without a transport gets the handlers of each, and one that inherits no configuration runs them without the guard. */
  #assertApart({ transportId }: Microservice): void {
    if (transportId !== undefined || !this.handlers.isTransportClaimed) return;
    throw new EieConfigurationError(
      "A microservice has a strategy without transportId, so Nest gives it the tools of mcp-nest too, and whoever sends it a message would run them without an identity: give its strategy one, such as transportId = Symbol('queue').",
    );
  }

  #isGuarded(entry: HandlerEntry | undefined): boolean {
    return entry?.policy.kind === 'unmanaged' && !this.registry.unguarded(entry);
  }
}
