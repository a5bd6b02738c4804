import { type Type } from '@nestjs/common';
// @ts-expect-error -- where @Type() keeps what it was told; class-transformer publishes it without types
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { getMetadataStorage } from 'class-validator';
import { targetConstructorToSchema, validationMetadatasToSchemas } from 'class-validator-jsonschema';
import { EieConfigurationError } from 'execution-identity';

export type JsonSchema = Record<string, unknown>;

const NO_INPUT: JsonSchema = { type: 'object', properties: {}, additionalProperties: false };
const DEFINITIONS = '#/$defs/';

/**
 * What `tools/list` shows of a DTO and of the DTOs nested in it, each closed against further properties; of none, an
 * object without properties.
 *
 * @throws EieConfigurationError when a nested class has no class-validator decorators, or its name is that of another class too
 */
export function dtoJsonSchema(dto: Type | undefined): JsonSchema {
  if (!dto) return NO_INPUT;
  const options = { refPointerPrefix: DEFINITIONS, classTransformerMetadataStorage: defaultMetadataStorage as never };
  const known = validationMetadatasToSchemas(options) as Record<string, JsonSchema>;
  const schema: JsonSchema = { ...targetConstructorToSchema(dto, options), additionalProperties: false };
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
    definitions[name] = { ...definition, additionalProperties: false };
    waiting.push(...references(definition));
  }
  return Object.keys(definitions).length ? { ...schema, $defs: definitions } : schema;
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
