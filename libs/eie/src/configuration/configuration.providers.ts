import { type ConfigurableModuleAsyncOptions, type FactoryProvider } from '@nestjs/common';
import { ModuleRef } from '@nestjs/core';
import { EieConfigurationError } from 'execution-identity';

/**
 * How a module gets its options from other providers, in the shapes of Nest's own modules: `useFactory` with `inject`,
 * `useClass` or `useExisting` with a method `create()`, and `imports` for what those need.
 */
export type AsyncOptions<Options> = Omit<ConfigurableModuleAsyncOptions<Options>, 'provideInjectionTokensFrom'>;

/**
 * A provider that is made of what an application configures. Nest keeps neither the options nor a class of `useClass`: only
 * what `make` returns.
 *
 * @param where the call that was given `given`, for the message
 * @throws EieConfigurationError without one of the three ways
 */
export function providerFrom<Options>(
  provide: FactoryProvider['provide'],
  given: AsyncOptions<Options>,
  make: (options: Options) => unknown,
  where: string,
): FactoryProvider {
  const { useFactory, useClass, useExisting, inject = [] } = given;
  if (useFactory)
    return { provide, useFactory: async (...parts: unknown[]) => make(await useFactory(...parts)), inject };
  if (useExisting)
    return {
      provide,
      useFactory: async (factory: { create(): Options | Promise<Options> }) => make(await factory.create()),
      inject: [useExisting],
    };
  if (useClass)
    return {
      provide,
      useFactory: async (modules: ModuleRef) => make(await (await modules.create(useClass)).create()),
      inject: [ModuleRef],
    };
  throw new EieConfigurationError(`${where} needs "useFactory", "useClass" or "useExisting".`);
}
