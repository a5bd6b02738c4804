import 'reflect-metadata';
import { type Type } from '@nestjs/common';

/** A method of a class, or the class itself. A method is known by its prototype and its name, and not by a function. */
export interface Subject {
  readonly target: object;
  readonly method?: string | symbol | undefined;
}

/** Where a function was decorated: a mixin may copy it to another prototype, with its route and without what is said here. */
const decorated = new WeakMap<object, Subject>();

/** Adds values to a method or a class. Several decorators on the same subject add up. */
export function addMetadata<Value>(key: string, subject: Subject, ...values: readonly Value[]): void {
  const all = [...ownMetadata<Value>(key, subject), ...values];
  const handler = functionOf(subject);
  if (handler) decorated.set(handler, subject);
  if (subject.method === undefined) Reflect.defineMetadata(key, all, subject.target);
  else Reflect.defineMetadata(key, all, subject.target, subject.method);
}

/**
 * What decorators have added to a handler: on its method, on its class, and on every class that one extends, in this order. This is the
 * one rule of inheritance, for requirements and for targets:
 *
 * - A class adds to what the classes above it say, and removes nothing.
 * - A method that overrides another one has what is on the overridden method, unless something is on it itself.
 *
 * The values belong to the method and not to its function: a decorator that wraps the function, `bind` and a proxy do not lose them. A
 * function that a mixin copies to another class brings the values of the method that it was.
 */
export function metadataOf<Value>(key: string, type: Type, method: string): Value[] {
  const subjects = lineage(type.prototype as object).map(target => ({ target, method }));
  const copied = subjects.map(functionOf).flatMap(handler => (handler && decorated.get(handler)) ?? []);
  const onMethod = [...subjects, ...copied]
    .map(subject => ownMetadata<Value>(key, subject))
    .find(values => values.length);
  return [...(onMethod ?? []), ...lineage(type).flatMap(target => ownMetadata<Value>(key, { target }))];
}

function ownMetadata<Value>(key: string, { target, method }: Subject): Value[] {
  const values: unknown =
    method === undefined ? Reflect.getOwnMetadata(key, target) : Reflect.getOwnMetadata(key, target, method);
  return (values ?? []) as Value[];
}

function functionOf({ target, method }: Subject): object | undefined {
  const value: unknown = method === undefined ? undefined : Object.getOwnPropertyDescriptor(target, method)?.value;
  return typeof value === 'function' ? value : undefined;
}

/** A class or a prototype, and all above it. */
function lineage(subject: object): object[] {
  const parent = Object.getPrototypeOf(subject) as object | null;
  return parent === Function.prototype || parent === Object.prototype || parent === null
    ? [subject]
    : [subject, ...lineage(parent)];
}
