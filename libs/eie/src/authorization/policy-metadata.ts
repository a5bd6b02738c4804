import 'reflect-metadata';
import { type Type } from '@nestjs/common';
import { type HandlerPolicy, type Requirement } from 'execution-identity';

/** A handler method as Nest knows it. */
export type Handler = (...args: never[]) => unknown;

const REQUIREMENTS = 'eie:requirements';
const PUBLIC = 'eie:public';
const DISPATCHER = 'eie:dispatcher';

export function addRequirement(subject: object, requirement: Requirement): void {
  const known = (Reflect.getOwnMetadata(REQUIREMENTS, subject) ?? []) as Requirement[];
  Reflect.defineMetadata(REQUIREMENTS, [...known, requirement], subject);
}

export function markPublic(handler: object, reason: string): void {
  Reflect.defineMetadata(PUBLIC, reason, handler);
}

/** Not exported by any entry point: only routes of MCP dispatch. */
export const Dispatcher = (): MethodDecorator => (_target, _key, descriptor) =>
  Reflect.defineMetadata(DISPATCHER, true, descriptor.value as object);

/**
 * The policy of one handler: the requirements of its method, its class and every class that one extends, together. `@Public()`
 * counts on the method only.
 */
export function handlerPolicy(handler: Handler, type: Type): HandlerPolicy {
  if (Reflect.hasMetadata(DISPATCHER, handler)) return { kind: 'dispatcher' };
  const requirements = [handler, ...lineage(type)].flatMap(
    subject => (Reflect.getOwnMetadata(REQUIREMENTS, subject) ?? []) as Requirement[],
  );
  if (requirements.length) return { kind: 'protected', requirements };
  const reason = Reflect.getMetadata(PUBLIC, handler) as string | undefined;
  return reason === undefined ? { kind: 'none' } : { kind: 'public', reason };
}

function lineage(type: object): object[] {
  const parent = Object.getPrototypeOf(type) as object;
  return parent === Function.prototype ? [type] : [type, ...lineage(parent)];
}

/** Whether `@Public()` is on the method, whatever else is. */
export function isMarkedPublic(handler: Handler): boolean {
  return Reflect.hasMetadata(PUBLIC, handler);
}
