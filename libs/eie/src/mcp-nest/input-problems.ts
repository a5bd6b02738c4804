import { type DataSubjectField, declaredFields } from '../authorization/data-subject.decorator.js';
import { type BootProblem } from '../boot/boot-checks.js';
import { type IdentityNames } from '../mcp/input/identity-names.js';
import { type CheckedInput, dataSubjects, inputProblems } from '../mcp/input/input-problems.js';
import { type JsonSchema } from '../mcp/protocol/dto-schema.js';
import { type Capability } from './capabilities.js';

const NOUNS = { tool: 'tool', resource: 'resource', template: 'resource', prompt: 'prompt' };

/** What is wrong with the input of a capability, each with its fix: see `input-problems.ts`. */
export function capabilityInputProblems(one: Capability, names: IdentityNames): BootProblem[] {
  const { input, entry } = one;
  const { type, name: handler } = entry;
  const problems = input
    ? inputProblems(checked(one, input), names)
    : [
        `${handler}: the input of ${listedAs(one)} cannot be read as JSON Schema: write its "parameters" with zod 4.2 or later, without types that JSON does not have.`,
      ];
  return problems.map(message => ({ message, type }));
}

/** The fields of the input of a capability that are declared as data about somebody. */
export const capabilityDataSubjects = (one: Capability): DataSubjectField[] =>
  one.input ? dataSubjects(checked(one, one.input)) : [];

const listedAs = ({ kind, name }: Capability): string => `${NOUNS[kind]} "${name}"`;

function checked(one: Capability, schema: JsonSchema): CheckedInput {
  const { type, method, name: handler } = one.entry;
  const declared = declaredFields(type, method);
  return { handler, listedAs: listedAs(one), schema, variables: [], declared, hasClass: false };
}
