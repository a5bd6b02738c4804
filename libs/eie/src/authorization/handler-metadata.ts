import 'reflect-metadata';
import { type Type } from '@nestjs/common';

/** A handler method as Nest knows it. */
export type Handler = (...args: never[]) => unknown;

/** Adds values to a method or a class. Several decorators on the same subject add up. */
export function addMetadata<Value>(key: string, subject: object, ...values: readonly Value[]): void {
  Reflect.defineMetadata(key, [...ownMetadata<Value>(key, subject), ...values], subject);
}

/**
 * What decorators have added to a handler: on its method, on its class, and on every class that one extends, in this order. This is
 * the one rule of inheritance, for requirements and for targets: a class can add to what its parents say and can remove nothing.
 *
 * A method that overrides another one does NOT inherit what is on the overridden method.
 */
export const metadataOf = <Value>(key: string, handler: Handler, type: Type): Value[] =>
  [handler, ...lineage(type)].flatMap(subject => ownMetadata<Value>(key, subject));

const ownMetadata = <Value>(key: string, subject: object): Value[] =>
  (Reflect.getOwnMetadata(key, subject) ?? []) as Value[];

function lineage(type: object): object[] {
  const parent = Object.getPrototypeOf(type) as object;
  return parent === Function.prototype ? [type] : [type, ...lineage(parent)];
}
