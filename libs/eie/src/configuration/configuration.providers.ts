import { type ConfigurableModuleAsyncOptions, type FactoryProvider } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { EieConfigurationError } from 'execution-identity';

/**
 * How a module gets its options from other providers, in the shapes of Nest's own modules: `useFactory` with `inject`,
 * `useClass` or `useExisting` with a method `create()`, and `imports` for what those need.
 */
export type AsyncOptions<Options> = Omit<ConfigurableModuleAsyncOptions<Options>, 'provideInjectionTokensFrom'>;

interface OptionsFactory<Options> {
  create(): Options | Promise<Options>;
}

/**
 * A provider that is made of what an application configures. Nest keeps neither the options nor a class of `useClass`: only
 * what `make` returns.
 *
 * @param where the call that was given `given`, for the message
 * @throws EieConfigurationError without one of the three ways, and with several; when it makes the provider, for a class without `create()`
 */
export function providerFrom<Options>(
  provide: FactoryProvider['provide'],
  given: AsyncOptions<Options>,
  make: (options: Options) => unknown,
  where: string,
): FactoryProvider {
  const { useFactory, useClass, useExisting, inject = [] } = Object(given) as AsyncOptions<Options>;
  const created = (factory: Partial<OptionsFactory<Options>>): Options | Promise<Options> => {
    if (typeof factory.create === 'function') return factory.create();
    throw new EieConfigurationError(
      `${where}: the class of useClass or useExisting must have a method "create()" that returns the options.`,
    );
  };
  if ([useFactory, useClass, useExisting].filter(Boolean).length > 1)
    throw new EieConfigurationError(
      `${where} needs one of "useFactory", "useClass" and "useExisting": the options of the others would not be read.`,
    );
  if (useFactory !== undefined && typeof useFactory !== 'function')
    throw new EieConfigurationError(`${where}: useFactory must be a function that returns the options.`);
  if (useFactory)
    return { provide, useFactory: async (...parts: unknown[]) => make(await useFactory(...parts)), inject };
  if (useExisting)
    return {
      provide,
      useFactory: async (factory: OptionsFactory<Options>) => make(await created(factory)),
      inject: [useExisting],
    };
  if (useClass)
    return {
      provide,
      useFactory: async (modules: ModuleRef) => make(await created(await modules.create(useClass))),
      inject: [ModuleRef],
    };
  throw new EieConfigurationError(`${where} needs "useFactory", "useClass" or "useExisting".`);
}
