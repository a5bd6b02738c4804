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
  const forbidden = forbiddenName(value);
  if (forbidden) return { messages: [`property ${forbidden} should not exist`] };
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

/** Names that class-transformer drops in silence, and that lead out of a plain object. */
const FORBIDDEN = ['__proto__', 'constructor', 'prototype'];

/** The first member with such a name, at any depth. */
function forbiddenName(value: object): string | undefined {
  const open: unknown[] = [value];
  for (let one = open.pop(); open.length || one !== undefined; one = open.pop()) {
    if (typeof one !== 'object' || one === null) continue;
    const found = FORBIDDEN.find(name => Object.hasOwn(one, name));
    if (found) return found;
    for (const member of Object.values(one) as unknown[]) if (typeof member === 'object') open.push(member);
  }
  return undefined;
}
