import 'reflect-metadata';
import { Inject, Injectable, type Type } from '@nestjs/common';
import { DiscoveryService, ModuleRef, ModulesContainer } from '@nestjs/core';

/** After the name of a part: what makes it, its class or the factory of its provider. */
export const MADE_BY = ' (made by)';

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

  /** The instances of the modules with such a name and what makes them, each under the name of its token. */
  parts(names: RegExp): Map<string, unknown> {
    const found = new Map<string, unknown>();
    for (const module of this.modules.values()) {
      if (!names.test(module.name)) continue;
      for (const [token, { instance, metatype }] of [
        ...module.providers,
        ...module.controllers,
        ...module.injectables,
      ]) {
        const name = typeof token === 'function' ? token.name : String(token);
        // Nest's own, in every module.
        if (name === 'ModuleRef' || name === 'ApplicationConfig') continue;
        found.set(name, instance);
        found.set(name + MADE_BY, metatype);
      }
    }
    return found;
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
