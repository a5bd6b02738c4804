import { type Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import { validate, type ValidationError } from 'class-validator';
import { type InputShapes, undeclaredMembers } from '../input/closed-input.js';

const MAX_MESSAGES = 10;

/**
 * Validates an input. Returns an instance of the DTO, or at most 10 messages about what is wrong. What the schema does not declare is refused
 * first, before class-transformer renames, drops or creates anything.
 *
 * @param shapes what the listed schema declares; without it, the DTO alone says which members there are
 */
export async function validateInput(
  dto: Type | undefined,
  value: unknown = {},
  shapes?: InputShapes,
): Promise<{ instance?: unknown; messages: string[] }> {
  if (typeof value !== 'object' || value === null || Array.isArray(value))
    return { messages: ['arguments must be an object'] };
  const undeclared = undeclaredMembers(value, shapes, MAX_MESSAGES);
  if (undeclared.length) return { messages: undeclared.map(name => `property ${name} should not exist`) };
  if (!dto) return { instance: {}, messages: [] };
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
