import 'reflect-metadata';
import { Inject, Injectable, type Type } from '@nestjs/common';
import { DiscoveryService, ModuleRef, ModulesContainer } from '@nestjs/core';

/**
 * A provider of the application that looks for what other modules keep to themselves, in the ways that Nest itself has: a
 * module reference that is not strict, the container of the modules, and discovery.
 */
@Injectable()
export class Intruder {
  constructor(
    @Inject(ModuleRef) private readonly moduleRef: ModuleRef,
    @Inject(ModulesContainer) private readonly modules: ModulesContainer,
    @Inject(DiscoveryService) private readonly discovery: DiscoveryService,
  ) {}

  /** Where it looks. */
  roots(): Record<string, unknown> {
    const modules = [...this.modules.values()];
    return {
      container: this.modules,
      modules,
      instances: this.instances(),
      discovered: [this.discovery.getProviders(), this.discovery.getControllers()],
      metadata: modules.map(({ metatype }) =>
        Reflect.getMetadataKeys(metatype).map(key => Reflect.getMetadata(key, metatype) as unknown),
      ),
    };
  }

  /** Every provider, controller and module by its token, as `ModuleRef.get()` hands it out. */
  instances(): Map<unknown, unknown> {
    const found = new Map<unknown, unknown>();
    for (const { providers, controllers, injectables } of this.modules.values()) {
      for (const token of [...providers.keys(), ...controllers.keys(), ...injectables.keys()]) {
        try {
          found.set(token, this.moduleRef.get(token as Type, { strict: false }));
        } catch {
          // Scoped to a request, or not to be had: it is reached through its module.
        }
      }
    }
    return found;
  }
}
