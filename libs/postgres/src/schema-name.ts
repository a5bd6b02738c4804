import { EieConfigurationError } from 'execution-identity';

export const DEFAULT_SCHEMA = 'eie';

/** @returns the name of a schema, quoted. @throws EieConfigurationError for a name that is none */
export function quotedSchema(schema: string): string {
  if (!/^[a-z_][a-z0-9_]{0,47}$/.test(schema))
    throw new EieConfigurationError(
      'The option "schema" must be a name of lower-case letters, digits and "_", at most 48 characters, such as "eie".',
    );
  return `"${schema}"`;
}
