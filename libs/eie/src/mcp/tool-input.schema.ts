import { type Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validate, type ValidationError } from 'class-validator';
import { targetConstructorToSchema } from 'class-validator-jsonschema';

export type JsonSchema = Record<string, unknown>;

const NO_INPUT: JsonSchema = { type: 'object', properties: {}, additionalProperties: false };

/** What `tools/list` shows of a DTO; of none, an object without properties. */
export function inputJsonSchema(dto: Type | undefined): JsonSchema {
  return dto ? { ...targetConstructorToSchema(dto), additionalProperties: false } : NO_INPUT;
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
        return { issues: messages.map(message => ({ message })) };
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
