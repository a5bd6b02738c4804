import { type Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validate, type ValidationError } from 'class-validator';

const MAX_MESSAGES = 10;

/** Validates the input of a tool. Returns an instance of the DTO, or at most 10 messages about what is wrong. */
export async function validateInput(
  dto: Type | undefined,
  value: unknown = {},
): Promise<{ instance?: unknown; messages: string[] }> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { messages: ['arguments must be an object'] };
  if (!dto)
    return {
      instance: {},
      messages: Object.keys(value)
        .slice(0, MAX_MESSAGES)
        .map(name => `property ${name} should not exist`),
    };
  try {
    const instance = plainToInstance(dto, value) as object;
    const errors = await validate(instance, { whitelist: true, forbidNonWhitelisted: true, forbidUnknownValues: true });
    return { instance, messages: errors.flatMap(messagesOf).slice(0, MAX_MESSAGES) };
  } catch {
    return { messages: ['arguments cannot be read'] };
  }
}

function messagesOf({ constraints, children }: ValidationError): string[] {
  return [...Object.values(constraints ?? {}), ...(children ?? []).flatMap(messagesOf)];
}
