import { Inject, Injectable, type Type } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { HandlerRegistry } from '../authorization/handler-registry.js';
import { type BootCheck, BootChecks, type BootProblem } from './boot-checks.js';
import { NestHandlers } from './nest-handlers.js';

/** The server of a microservice, as `@nestjs/microservices` registers it. */
interface Microservice {
  listen?(callback: (...results: unknown[]) => void): unknown;
}

/** `startAllMicroservices()` may come before the application is initialised, or instead: nothing listens before the checks have passed. */
function hold(microservice: Microservice, checks: BootChecks): void {
  const listen = microservice.listen?.bind(microservice);
  if (listen) microservice.listen = callback => void checks.run().then(() => listen(callback), callback);
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
    modules.getRpcTargetRegistry<Microservice>().subscribe(microservice => hold(microservice, checks));
  }

  problems(): BootProblem[] {
    return this.handlers
      .messages()
      .filter(({ type, method }) => !this.#isGuarded(type, method))
      .map(({ type, method }) => ({
        type,
        message: `${type.name}.${method} handles messages, whose senders nobody has authenticated: decorate it with @Unmanaged(guard, { reason }), serve it in an application without this module, or, where it belongs to a library such as mcp-nest, through the adapter that nestjs-eie has for that library.`,
      }));
  }

  #isGuarded(type: Type, method: string): boolean {
    const entry = this.registry.entry(type, method);
    return entry?.policy.kind === 'unmanaged' && !this.registry.unguarded(entry);
  }
}
