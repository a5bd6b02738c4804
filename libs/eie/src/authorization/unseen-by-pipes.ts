import 'reflect-metadata';

const TYPES = 'design:paramtypes';

/**
 * Lets the pipes of the application take a parameter for one without a class of its own. A `ValidationPipe` that validates custom decorators would
 * make a copy of what the library gives, and a copy is no identity. Call it in a parameter decorator: the compiler has written the types by then.
 */
export function unseenByPipes(prototype: object, method: string | symbol, index: number): void {
  const types = Reflect.getOwnMetadata(TYPES, prototype, method) as readonly unknown[] | undefined;
  if (types) Reflect.defineMetadata(TYPES, types.with(index, Object), prototype, method);
}
