import { Inject, Injectable, type Type } from '@nestjs/common';
import { DiscoveryService, MetadataScanner, ModulesContainer } from '@nestjs/core';
import { HandlerRegistry } from '../authorization/handler-registry.js';
import { type BootCheck, BootChecks, type BootProblem } from './boot-checks.js';

/** How `@nestjs/microservices`, an optional package, marks message and event handlers, and which transport they are for. */
const PATTERN_METADATA = 'microservices:pattern';
const TRANSPORT_METADATA = 'microservices:transport';
const CLAIMED = 'eie:claimed-transport';

/** Declares that this controller serves the message handlers of a transport, and that each of their calls is decided and recorded. */
export function claimTransport(controller: Type, transport: unknown): void {
  Reflect.defineMetadata(CLAIMED, transport, controller);
}

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
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
    @Inject(MetadataScanner) private readonly scanner: MetadataScanner,
    @Inject(HandlerRegistry) private readonly registry: HandlerRegistry,
    @Inject(ModulesContainer) modules: ModulesContainer,
  ) {
    checks.add(this);
    modules.getRpcTargetRegistry<Microservice>().subscribe(microservice => hold(microservice, checks));
  }

  problems(): BootProblem[] {
    const types = this.discovery.getControllers().flatMap(({ metatype }) => (metatype ? [metatype as Type] : []));
    const claimed = new Set(
      types.flatMap(type =>
        Reflect.hasMetadata(CLAIMED, type) ? [Reflect.getMetadata(CLAIMED, type) as unknown] : [],
      ),
    );
    return types.flatMap(type => this.#problems(type, claimed));
  }

  #isGuarded(type: Type, method: string): boolean {
    const entry = this.registry.entry(type, method);
    return entry?.policy.kind === 'unmanaged' && !this.registry.unguarded(entry);
  }

  #problems(type: Type, claimed: ReadonlySet<unknown>): BootProblem[] {
    const prototype = type.prototype as Record<string, object>;
    return this.scanner
      .getAllMethodNames(prototype)
      .filter(method => Reflect.hasMetadata(PATTERN_METADATA, prototype[method]!))
      .filter(method => !claimed.has(Reflect.getMetadata(TRANSPORT_METADATA, prototype[method]!)))
      .filter(method => !this.#isGuarded(type, method))
      .map(method => ({
        type,
        message: `${type.name}.${method} handles messages, whose senders nobody has authenticated: decorate it with @Unmanaged(guard, { reason }), serve it in an application without this module, or, where it belongs to a library such as mcp-nest, through the adapter that nestjs-eie has for that library.`,
      }));
  }
}
