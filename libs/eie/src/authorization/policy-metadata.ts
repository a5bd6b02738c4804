import { type Type } from '@nestjs/common';
import { type HandlerPolicy, type Requirement } from 'execution-identity';
import { addMetadata, metadataOf, type Subject } from './handler-metadata.js';

const POLICY = 'eie:policy';

/** What one decorator says about who may run a handler. */
export type Statement = Requirement | Exclude<HandlerPolicy, { kind: 'protected' | 'none' }>;

export function addStatement(subject: Subject, statement: Statement): void {
  addMetadata(POLICY, subject, statement);
}

/** Why there is an exception: a reviewer reads it. @throws TypeError with this message where there is none */
export function reasonIn(stated: { readonly reason: string } | undefined, message: string): string {
  const reason: unknown = stated?.reason;
  if (typeof reason !== 'string' || !reason.trim()) throw new TypeError(message);
  return reason;
}

/** Not exported by any entry point: only routes of MCP dispatch. */
export const Dispatcher = (): MethodDecorator => (target, method) =>
  addStatement({ target, method }, { kind: 'dispatcher' });

/** Everything that the decorators of a handler say: see {@link metadataOf}. */
export const statementsOf = (type: Type, method: string): Statement[] => metadataOf<Statement>(POLICY, type, method);

/** The policy of one handler. A requirement is stronger than an exception from it; beside one, an exception is a boot error. */
export function handlerPolicy(type: Type, method: string): HandlerPolicy {
  const statements = statementsOf(type, method);
  const requirements = statements.filter(isRequirement);
  const exception = (['dispatcher', 'unmanaged', 'public'] as const)
    .map(kind => statements.find(statement => statement.kind === kind))
    .find(found => found !== undefined);
  if (exception?.kind === 'dispatcher') return exception;
  if (requirements.length) return { kind: 'protected', requirements };
  return exception && !isRequirement(exception) ? exception : { kind: 'none' };
}

const EXCEPTIONS: readonly string[] = ['public', 'unmanaged', 'dispatcher'];

export const isRequirement = (statement: Statement): statement is Requirement => !EXCEPTIONS.includes(statement.kind);
