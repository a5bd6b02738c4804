import { EieConfigurationError } from 'execution-identity';
import { otherCopies } from './copies.js';

/**
 * A provider of `EieModule` that a class outside of that module injects with `@Optional()`. When the module is missing, Nest's own
 * message would name an argument and its index, but not the module to import.
 *
 * @param by who needs it, as an application wrote it
 * @throws EieConfigurationError when the module is missing, or is the one of another copy of this package
 */
export function provided<Provider>(provider: Provider | undefined, by: string): Provider {
  if (provider !== undefined) return provider;
  const copies = otherCopies();
  const another = copies.length
    ? ` There is another copy of nestjs-eie in ${copies.join(', ')}: import both modules from one of them.`
    : '';
  throw new EieConfigurationError(
    `${by} needs EieModule: import EieModule.forRoot() or forRootAsync() in the root module of the application.${another}`,
  );
}
