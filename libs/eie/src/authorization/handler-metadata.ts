import 'reflect-metadata';
import { type Type } from '@nestjs/common';

/** A method of a class, or the class itself. Both are known by the prototype, and not by a function: a decorator may put another in its place. */
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
  if (subject.method === undefined) Reflect.defineMetadata(key, all, prototypeOf(subject));
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
  return [...(onMethod ?? []), ...onClasses<Value>(key, type.prototype as object)];
}

const onClasses = <Value>(key: string, prototype: object): Value[] =>
  lineage(prototype).flatMap(one => onClass<Value>(key, one));

function ownMetadata<Value>(key: string, subject: Subject): Value[] {
  const { target, method } = subject;
  if (method === undefined) return onClass(key, prototypeOf(subject));
  return (Reflect.getOwnMetadata(key, target, method) ?? []) as Value[];
}

const onClass = <Value>(key: string, prototype: object): Value[] =>
  (Reflect.getOwnMetadata(key, prototype) ?? []) as Value[];

const prototypeOf = ({ target }: Subject): object => (target as Type).prototype as object;

function functionOf({ target, method }: Subject): object | undefined {
  const value: unknown = method === undefined ? undefined : Object.getOwnPropertyDescriptor(target, method)?.value;
  return typeof value === 'function' ? value : undefined;
}

/** A prototype, and all above it. */
function lineage(prototype: object): object[] {
  const parent = Object.getPrototypeOf(prototype) as object | null;
  return parent === Object.prototype || parent === null ? [prototype] : [prototype, ...lineage(parent)];
}
