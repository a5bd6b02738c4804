import { type DataSubjectField } from '../../authorization/data-subject.decorator.js';
import { dataSubjectOf, type JsonSchema } from '../protocol/dto-schema.js';
import { type IdentityNames } from './identity-names.js';
import { schemaFields, type SchemaField } from './schema-fields.js';

/** What a model fills in of one tool, prompt or resource. */
export interface CheckedInput {
  /** The method. */
  readonly handler: string;
  /** How it is listed: `tool "refund"`. */
  readonly listedAs: string;
  readonly schema: JsonSchema;
  /** Of a resource template: they are input, whether a schema declares them or not. */
  readonly variables: readonly string[];
  /** What `@DataSubject()` on the method says. */
  readonly declared: readonly DataSubjectField[];
  /** Whether its fields are the properties of a class. */
  readonly hasClass: boolean;
}

/** What the model may say about people, for a reviewer: each field of an input that is declared `@DataSubject()`. */
export function dataSubjects(input: CheckedInput): DataSubjectField[] {
  return fieldsOf(input).flatMap(field => {
    const declaration = declarationOf(field, input);
    return declaration ? [{ path: field.path, ...declaration }] : [];
  });
}

/**
 * What is wrong with the fields of an input, each with its fix: a name that looks like an identity, or a map, and no `@DataSubject()` that says
 * what it is. Descriptions, examples and default values are NOT read.
 */
export function inputProblems(input: CheckedInput, names: IdentityNames): string[] {
  const fields = fieldsOf(input);
  const unknown = input.declared.filter(({ path }) => !fields.some(field => field.path === path));
  return [
    ...fields.flatMap(field => problemOf(field, input, names)),
    ...unknown.map(
      ({ path }) =>
        `${input.handler} has @DataSubject() for "${path}", which the input of ${input.listedAs} does not have.`,
    ),
  ];
}

function problemOf(field: SchemaField, input: CheckedInput, names: IdentityNames): string[] {
  const declaration = declarationOf(field, input);
  const { path, name, siblings, isFreeForm } = field;
  const isOpen = isFreeForm && !declaration?.freeForm;
  const which = `${input.handler}: "${path}" in the input of ${input.listedAs}`;
  const declareIt = decorator(path, input, isFreeForm ? ', freeForm: true' : '');
  if (!declaration && name !== undefined && names.includes(name, siblings))
    return [
      `${which} looks like an identity, and a model fills it in. If it means the caller, remove it and use @Identity('actor.sub'). If it is data about somebody, declare it by ${declareIt}.`,
    ];
  if (!isOpen) return [];
  const where = input.hasClass ? ' in a class with class-validator decorators' : '';
  return [
    `${which} may contain anything, an identity too. Declare its members${where}; or, if it must be open, declare it by ${declareIt}.`,
  ];
}

function decorator(path: string, { hasClass, variables }: CheckedInput, more: string): string {
  if (hasClass) return `@DataSubject({ reason${more} })`;
  if (variables.includes(path)) return `a class for its @ToolInput(), and @DataSubject({ reason }) there`;
  return `@DataSubject({ fields: ['${path}'], reason${more} }) on the method`;
}

function declarationOf({ path, schema }: SchemaField, { declared }: CheckedInput) {
  const onMethod = declared.find(one => one.path === path);
  return onMethod ? { reason: onMethod.reason, freeForm: onMethod.freeForm ?? false } : dataSubjectOf(schema);
}

function fieldsOf({ schema, variables }: CheckedInput): SchemaField[] {
  const fields = schemaFields(schema);
  const bare = variables.filter(name => !fields.some(({ path }) => path === name));
  return [...fields, ...bare.map(name => ({ path: name, name, siblings: variables, isFreeForm: false, schema: {} }))];
}
