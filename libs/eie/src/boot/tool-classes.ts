import { type Type } from '@nestjs/common';

/** The same for every copy of this package. Its value is the folder of the copy whose `@ToolController()` a class has. */
export const TOOL_CLASS = Symbol.for('nestjs-eie.tool-class');

/** What a decorator of nestjs-eie/mcp has been put on. */
interface Decorated {
  readonly method: string;
  /** As it is written: `@Tool()`. */
  readonly decorator: string;
}

/** By the prototype, so that nothing is kept longer than its class. */
const decorated = new WeakMap<object, Decorated[]>();
/** Every tool class of the process. Nothing lists a weak map, so each is held weakly here. */
const known: WeakRef<Type>[] = [];
/** The tool classes that some application of the process has among its providers. */
const provided = new WeakSet<Type>();

/** Remembers that a decorator of nestjs-eie/mcp stands on a method, or on one of its parameters. */
export function noteDecorated(prototype: object, method: string | symbol, decorator: string): void {
  const all = decorated.get(prototype) ?? [];
  if (!all.length) decorated.set(prototype, all);
  all.push({ method: String(method), decorator });
}

/** Remembers a class with `@ToolController()`. */
export const noteToolClass = (type: Type): void => void known.push(new WeakRef(type));

/** Where decorators of nestjs-eie/mcp stand on a class and on those that it extends. */
export function decoratedOf(type: Type): Decorated[] {
  const found: Decorated[] = [];
  for (let at = type.prototype as object | null; at; at = Object.getPrototypeOf(at) as object | null)
    found.push(...(decorated.get(at) ?? []));
  return found;
}

/** What is decorated on a class above, and overridden without a decorator: Nest looks at the function that runs, and sees none. */
export function overriddenOf(type: Type): Decorated[] {
  return decoratedOf(type).filter(({ method, decorator }) => {
    let at = type.prototype as object | null;
    while (at && !Object.hasOwn(at, method)) at = Object.getPrototypeOf(at) as object | null;
    return at !== null && !decorated.get(at)?.some(one => one.method === method && one.decorator === decorator);
  });
}

/** Remembers that an application has these classes. */
export function noteProvided(types: readonly Type[]): void {
  for (const type of types) provided.add(type);
}

/** The tool classes that no application of this process has, and that no class of one extends. */
export function toolClassesNobodyHas(types: readonly Type[]): Type[] {
  const all = known.flatMap(one => one.deref() ?? []);
  return [...new Set(all)].filter(type => !provided.has(type) && !types.some(one => one.prototype instanceof type));
}
