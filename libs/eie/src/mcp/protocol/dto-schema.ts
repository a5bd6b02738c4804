import { type Type } from '@nestjs/common';
// @ts-expect-error -- where @Type() keeps what it was told; class-transformer publishes it without types
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { targetConstructorToSchema } from 'class-validator-jsonschema';
import { EieConfigurationError } from 'execution-identity';
import { DATA_SUBJECT, type DataSubjectOptions } from '../../authorization/data-subject.decorator.js';
import { isDecorated, nestedConverters } from './nested-classes.js';
import { CONVERTERS, converted, isMark, type JsonSchema, withNull } from './schema-converters.js';

export { type JsonSchema };

const NO_INPUT: JsonSchema = { type: 'object', properties: {}, additionalProperties: false };
const DEFINITIONS = '#/$defs/';
/** Where a schema keeps what `@DataSubject()` says, until it is listed. */
const DECLARED = 'x-data-subject';

/**
 * What `tools/list` shows of a DTO and of the DTOs nested in it, each closed against further properties; of none, an
 * object without properties.
 *
 * @throws EieConfigurationError when a nested class has no class-validator decorators, or two have one name
 */
export const dtoJsonSchema = (dto: Type | undefined): JsonSchema => listed(declaringSchema(dto)) as JsonSchema;

/**
 * The same of what a tool declares to return.
 *
 * @throws EieConfigurationError as {@link dtoJsonSchema}
 */
export const outputJsonSchema = (dto: Type): JsonSchema => listed(withNull(declaringSchema(dto))) as JsonSchema;

/**
 * The same, with what `@DataSubject()` says about each property: see {@link dataSubjectOf}. It is for the checks at boot.
 *
 * @throws EieConfigurationError as {@link dtoJsonSchema}
 */
export function declaringSchema(dto: Type | undefined): JsonSchema {
  if (!dto) return NO_INPUT;
  const nested = new Map<string, Type>();
  const refer = (type: Type): JsonSchema => {
    const known = nested.get(type.name);
    if (known && known !== type)
      throw new EieConfigurationError(
        `${dto.name} nests two classes that are named ${type.name}: give one of them a name of its own.`,
      );
    nested.set(type.name, type);
    return { $ref: DEFINITIONS + type.name };
  };
  const options = {
    classTransformerMetadataStorage: defaultMetadataStorage as never,
    additionalConverters: {
      ...(CONVERTERS as object),
      ...(nestedConverters(refer) as object),
      [DATA_SUBJECT]: ({ constraints }: { constraints: unknown[] }) => ({ [DECLARED]: constraints[0] }),
    },
  };
  const schemaOf = (type: Type): JsonSchema => ({
    ...converted(targetConstructorToSchema(type, options) as JsonSchema),
    additionalProperties: false,
  });
  const schema = schemaOf(dto);
  const definitions: Record<string, JsonSchema> = {};
  // A map is iterated with what is added meanwhile.
  for (const [name, type] of nested) {
    if (!isDecorated(type))
      throw new EieConfigurationError(
        `${dto.name} nests ${name}, which has no class-validator decorators; on a list, add @Type(() => Class) too.`,
      );
    definitions[name] = schemaOf(type);
  }
  return nested.size ? { ...schema, $defs: definitions } : schema;
}

/** What `@DataSubject()` says about the property that has this schema. */
export const dataSubjectOf = (schema: unknown): DataSubjectOptions | undefined =>
  (schema as Record<string, DataSubjectOptions | undefined>)[DECLARED];

/** Without what is for the checks alone. */
function listed(schema: unknown): unknown {
  if (Array.isArray(schema)) return schema.map(listed);
  if (typeof schema !== 'object' || schema === null) return schema;
  const kept = Object.entries(schema).filter(([name]) => name !== DECLARED && !isMark(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, listed(value)]));
}
