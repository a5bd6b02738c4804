import { randomUUID } from 'node:crypto';
import {
  type DetailedError,
  preparsePolicySet,
  preparseSchema,
  type StaticPolicySet,
  validate,
} from '@cedar-policy/cedar-wasm/nodejs';
import { EieConfigurationError } from 'execution-identity';

export interface CedarOptions {
  /** Cedar text, or texts of single policies by their names. A policy without a name is `policy0`, `policy1`, … in the order of the text. */
  readonly policies: string | Readonly<Record<string, string>>;
  /** A Cedar schema, as text. With one, the policies are validated at the construction and each question when it is asked. Default: none. */
  readonly schema?: string;
}

/** By which names Cedar knows what it has parsed: once, in this process. */
export interface PreparedPolicies {
  readonly preparsedPolicySetId: string;
  readonly preparsedSchemaName?: string;
}

/**
 * Parses policies and schema, and validates the policies against the schema.
 *
 * @throws EieConfigurationError that names each fault with its policy and its line
 */
export function preparePolicies({ policies, schema }: CedarOptions): PreparedPolicies {
  if (!(typeof policies === 'string' ? policies : Object.keys(policies ?? {})).length)
    throw new EieConfigurationError(
      'CedarPolicyEngine: policies must be Cedar text, or texts by their names. Without a policy everything is denied.',
    );
  const staticPolicies: StaticPolicySet = typeof policies === 'string' ? policies : { ...policies };
  const preparsedPolicySetId = randomUUID();
  const parsed = preparsePolicySet(preparsedPolicySetId, { staticPolicies });
  if (parsed.type === 'failure') throw fault('policies', parsed.errors.map(inText(policies)));
  if (schema === undefined) return { preparsedPolicySetId };

  const preparsedSchemaName = randomUUID();
  const read = preparseSchema(preparsedSchemaName, schema);
  if (read.type === 'failure') throw fault('schema', read.errors.map(inText(schema)));
  const checked = validate({ schema, policies: { staticPolicies }, validationSettings: { mode: 'strict' } });
  if (checked.type === 'failure') throw fault('policies', checked.errors.map(inText(policies)));
  const { validationErrors } = checked;
  const textOf = (policyId: string) => (typeof policies === 'string' ? policies : policies[policyId]!);
  if (validationErrors.length)
    throw fault(
      'policies',
      validationErrors.map(({ policyId, error }) => inText(textOf(policyId))(error)),
    );
  return { preparsedPolicySetId, preparsedSchemaName };
}

const fault = (what: keyof CedarOptions, problems: readonly string[]): EieConfigurationError =>
  new EieConfigurationError(
    `CedarPolicyEngine: ${what} cannot be used:\n${problems.map(one => `  - ${one}`).join('\n')}`,
  );

/** A fault with the line that it is in. Cedar counts bytes. */
const inText =
  (text: string | Readonly<Record<string, string>>) =>
  ({ message, help, sourceLocations = [] }: DetailedError): string => {
    const [at] = sourceLocations;
    const before = typeof text === 'string' && at && Buffer.from(text).subarray(0, at.start).toString();
    const line = typeof before === 'string' ? `line ${before.split('\n').length}: ` : '';
    return `${line}${message}${help === null ? '' : ` (${help})`}`;
  };
