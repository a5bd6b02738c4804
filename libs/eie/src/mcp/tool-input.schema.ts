import { type Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
// @ts-expect-error -- where @Type() keeps what it was told; class-transformer publishes it without types
import { defaultMetadataStorage } from 'class-transformer/cjs/storage.js';
import { validate, type ValidationError } from 'class-validator';
import { targetConstructorToSchema, validationMetadatasToSchemas } from 'class-validator-jsonschema';
import { EieConfigurationError } from '../eie.error.js';

export type JsonSchema = Record<string, unknown>;

const NO_INPUT: JsonSchema = { type: 'object', properties: {}, additionalProperties: false };
const MAX_MESSAGES = 10;
const DEFINITIONS = '#/$defs/';

/**
 * What `tools/list` shows of a DTO and of the DTOs nested in it, each closed against further properties; of none, an
 * object without properties.
 *
 * @throws EieConfigurationError when a nested class has no class-validator decorators
 */
export function inputJsonSchema(dto: Type | undefined): JsonSchema {
  if (!dto) return NO_INPUT;
  const options = { refPointerPrefix: DEFINITIONS, classTransformerMetadataStorage: defaultMetadataStorage as never };
  const known = validationMetadatasToSchemas(options) as Record<string, JsonSchema>;
  const schema: JsonSchema = { ...targetConstructorToSchema(dto, options), additionalProperties: false };
  const definitions: Record<string, JsonSchema> = {};
  for (const waiting = references(schema); waiting.length; ) {
    const name = waiting.pop()!;
    if (definitions[name]) continue;
    const definition = known[name];
    if (!definition) throw new EieConfigurationError(`${dto.name} nests ${name}, which has no class-validator decorators; on a list, add @Type(() => Class) too.`);
    definitions[name] = { ...definition, additionalProperties: false };
    waiting.push(...references(definition));
  }
  return Object.keys(definitions).length ? { ...schema, $defs: definitions } : schema;
}

function references(schema: JsonSchema): string[] {
  const found = JSON.stringify(schema).matchAll(/"\$ref":"#\/\$defs\/([^"]+)"/g);
  return [...found].map(match => match[1]!);
}

/** The Standard Schema that the official SDK validates `arguments` with. */
export interface InputSchema {
  readonly '~standard': {
    readonly version: 1;
    readonly vendor: 'nestjs-eie';
    readonly validate: (value: unknown) => Promise<{ value: unknown } | { issues: { message: string }[] }>;
    readonly jsonSchema: { readonly input: () => JsonSchema; readonly output: () => JsonSchema };
  };
}

/**
 * @param refused is awaited before the refusal is answered
 */
export function inputSchema(dto: Type | undefined, jsonSchema: JsonSchema, refused: () => Promise<void>): InputSchema {
  return {
    '~standard': {
      version: 1,
      vendor: 'nestjs-eie',
      validate: async value => {
        const { instance, messages } = await check(dto, value);
        if (!messages.length) return { value: instance };
        await refused();
        return { issues: messages.slice(0, MAX_MESSAGES).map(message => ({ message })) };
      },
      jsonSchema: { input: () => jsonSchema, output: () => jsonSchema },
    },
  };
}

async function check(dto: Type | undefined, value: unknown): Promise<{ instance?: unknown; messages: string[] }> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return { messages: ['arguments must be an object'] };
  if (!dto) return { instance: {}, messages: Object.keys(value).map(name => `property ${name} should not exist`) };
  try {
    const instance = plainToInstance(dto, value) as object;
    const errors = await validate(instance, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true });
    return { instance, messages: errors.flatMap(messagesOf) };
  } catch {
    return { messages: ['arguments cannot be read'] };
  }
}

function messagesOf({ constraints, children }: ValidationError): string[] {
  return [...Object.values(constraints ?? {}), ...(children ?? []).flatMap(messagesOf)];
}
