import 'reflect-metadata';
import { type Type } from '@nestjs/common';
import { type HandlerPolicy, type Requirement } from 'execution-identity';
import { addMetadata, type Handler, metadataOf } from './handler-metadata.js';

const REQUIREMENTS = 'eie:requirements';
const PUBLIC = 'eie:public';
const DISPATCHER = 'eie:dispatcher';

export function addRequirement(subject: object, requirement: Requirement): void {
  addMetadata(REQUIREMENTS, subject, requirement);
}

export function markPublic(handler: object, reason: string): void {
  Reflect.defineMetadata(PUBLIC, reason, handler);
}

/** Not exported by any entry point: only routes of MCP dispatch. */
export const Dispatcher = (): MethodDecorator => (_target, _key, descriptor) =>
  Reflect.defineMetadata(DISPATCHER, true, descriptor.value as object);

/** The policy of one handler. All requirements of {@link metadataOf} count; `@Public()` counts on the method only. */
export function handlerPolicy(handler: Handler, type: Type): HandlerPolicy {
  if (Reflect.hasMetadata(DISPATCHER, handler)) return { kind: 'dispatcher' };
  const requirements = metadataOf<Requirement>(REQUIREMENTS, handler, type);
  if (requirements.length) return { kind: 'protected', requirements };
  const reason = Reflect.getMetadata(PUBLIC, handler) as string | undefined;
  return reason === undefined ? { kind: 'none' } : { kind: 'public', reason };
}

/** Whether `@Public()` is on the method, whatever else is. */
export function isMarkedPublic(handler: Handler): boolean {
  return Reflect.hasMetadata(PUBLIC, handler);
}
