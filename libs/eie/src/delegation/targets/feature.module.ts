import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { type AsyncOptions, providerFrom } from '../../configuration/configuration.providers.js';
import { configure, type EieConfiguration, optionsOf } from '../../configuration/eie-configuration.js';
import { replacedTargets } from '../../configuration/replaced-options.js';
import { provided } from '../../configuration/provided.js';
import { EieFeatureOptions } from '../../options/eie.options.js';
import { readOptions } from '../../options/read-options.js';
import { addTargets, TargetRegistry } from './target-registry.js';

@Module({})
class EieFeatureModule {}

/** The module of one `forFeature()`: it adds its targets to those of the server. */
export function featureModule(options: AsyncOptions<EieFeatureOptions>, where: string): DynamicModule {
  const feature = Symbol('eie:feature');
  const configuration = providerFrom(
    feature,
    options,
    async given => {
      const { targets } = readOptions(EieFeatureOptions, given, where);
      return configure({ targets: await replacedTargets(targets) });
    },
    where,
  );
  const registration: Provider = {
    provide: Symbol('eie:feature-targets'),
    useFactory: (given: EieConfiguration<EieFeatureOptions>, registry?: TargetRegistry) =>
      addTargets(provided(registry, where), optionsOf(given).targets, where),
    inject: [feature, { token: TargetRegistry, optional: true }],
  };
  return { module: EieFeatureModule, imports: options.imports ?? [], providers: [configuration, registration] };
}
