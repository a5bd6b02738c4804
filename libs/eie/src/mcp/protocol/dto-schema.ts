import { type Type } from '@nestjs/common';
// @ts-expect-error -- where @Type() keeps what it was told; class-transformer publishes it without types
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { getMetadataStorage } from 'class-validator';
import { targetConstructorToSchema, validationMetadatasToSchemas } from 'class-validator-jsonschema';
import { EieConfigurationError } from 'execution-identity';
import { CONVERTERS, converted, isMark, withNull } from './schema-converters.js';
import { DATA_SUBJECT, type DataSubjectOptions } from '../../authorization/data-subject.decorator.js';

export type JsonSchema = Record<string, unknown>;

const NO_INPUT: JsonSchema = { type: 'object', properties: {}, additionalProperties: false };
const DEFINITIONS = '#/$defs/';
/** Where a schema keeps what `@DataSubject()` says, until it is listed. */
const DECLARED = 'x-data-subject';

/**
 * What `tools/list` shows of a DTO and of the DTOs nested in it, each closed against further properties; of none, an
 * object without properties.
 *
 * @throws EieConfigurationError when a nested class has no class-validator decorators, or its name is that of another class too
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
  const options = {
    refPointerPrefix: DEFINITIONS,
    classTransformerMetadataStorage: defaultMetadataStorage as never,
    additionalConverters: {
      ...(CONVERTERS as object),
      [DATA_SUBJECT]: ({ constraints }: { constraints: unknown[] }) => ({ [DECLARED]: constraints[0] }),
    },
  };
  const known = validationMetadatasToSchemas(options) as Record<string, JsonSchema>;
  const schema: JsonSchema = {
    ...converted(targetConstructorToSchema(dto, options) as JsonSchema),
    additionalProperties: false,
  };
  const definitions: Record<string, JsonSchema> = {};
  for (const waiting = references(schema); waiting.length;) {
    const name = waiting.pop()!;
    if (definitions[name]) continue;
    const definition = known[name];
    if (!definition)
      throw new EieConfigurationError(
        `${dto.name} nests ${name}, which has no class-validator decorators; on a list, add @Type(() => Class) too.`,
      );
    if (classesNamed(name) > 1)
      throw new EieConfigurationError(
        `${dto.name} nests ${name}, and several classes of the application have that name, whose schemas would be merged: give the nested one a name of its own.`,
      );
    definitions[name] = { ...converted(definition), additionalProperties: false };
    waiting.push(...references(definition));
  }
  return Object.keys(definitions).length ? { ...schema, $defs: definitions } : schema;
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

/** How many classes with class-validator decorators have a name. Schemas of nested classes are known by it alone. */
function classesNamed(name: string): number {
  const { validationMetadatas } = getMetadataStorage() as unknown as { validationMetadatas: Map<unknown, unknown> };
  return [...validationMetadatas.keys()].filter(type => typeof type === 'function' && type.name === name).length;
}

function references(schema: JsonSchema): string[] {
  const found = JSON.stringify(schema).matchAll(/"\$ref":"#\/\$defs\/([^"]+)"/g);
  return [...found].map(match => match[1]!);
}
