import { AsyncLocalStorage } from 'node:async_hooks';
import { EieConfigurationError } from 'execution-identity';
import { isDevelopment } from '../options/environment.js';
import { type EieOptions } from '../options/eie.options.js';
import { type TargetOptions } from '../options/target.options.js';

/** What the test kit puts in the place of options, each checked as the application gave it, and checked again afterwards. */
export interface OptionsReplacement {
  server(options: EieOptions): Promise<EieOptions>;
  /** Of `EieModule.forFeature()`. */
  targets(targets: Readonly<Record<string, TargetOptions>>): Promise<Record<string, TargetOptions>>;
}

/** By the call that creates an application, and not for the whole process: several test applications may be created at once. */
const replacing = new AsyncLocalStorage<OptionsReplacement>();

/**
 * Replaces options of the application that `create` creates. Options hold secrets, so no injectable provider has them, and Nest's
 * `overrideProvider()` cannot change them.
 *
 * @throws EieConfigurationError where NODE_ENV is neither `development` nor `test`
 */
export function whileReplacing<Result>(
  replacement: OptionsReplacement,
  create: () => Promise<Result>,
): Promise<Result> {
  assertAllowed();
  return replacing.run(replacement, create);
}

/** The options of `EieModule`, or what stands in for them. */
export async function replacedOptions(options: EieOptions): Promise<EieOptions> {
  const replacement = replacing.getStore();
  if (!replacement) return options;
  assertAllowed();
  return replacement.server(options);
}

/** The targets of a feature, likewise. */
export async function replacedTargets(targets: Record<string, TargetOptions>): Promise<Record<string, TargetOptions>> {
  const replacement = replacing.getStore();
  if (!replacement) return targets;
  assertAllowed();
  return replacement.targets(targets);
}

function assertAllowed(): void {
  if (isDevelopment()) return;
  throw new EieConfigurationError(
    'Options of EieModule are replaced only where NODE_ENV is "development" or "test": set NODE_ENV=test for your tests.',
  );
}
