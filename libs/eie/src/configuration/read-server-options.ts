import { EieOptions } from '../options/eie.options.js';
import { readOptions } from '../options/read-options.js';
import { httpAllowed } from './http-allowed.js';
import { replacedOptions } from './replaced-options.js';

/**
 * The options of `EieModule`, checked as the application gave them. Where a test replaces some, they are checked again.
 *
 * @throws EieConfigurationError naming each wrong, missing or unknown option and its fix
 */
export async function readServerOptions(given: EieOptions, where: string): Promise<EieOptions> {
  const read = (options: EieOptions): EieOptions =>
    readOptions(EieOptions, options, where, { allowsHttp: httpAllowed(options) });
  const checked = read(given);
  const replaced = await replacedOptions(checked);
  return replaced === checked ? checked : read(replaced);
}
