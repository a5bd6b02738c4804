import { randomUUID } from 'node:crypto';

/** The member by which a copy of a result names its original. */
export const MARK = 'protocolResult';

const originals = new Map<string, WeakRef<object>>();
const collected = new FinalizationRegistry<string>(mark => originals.delete(mark));

/** Marks an object that this library has made as a result of the protocol. */
export function mark(result: object): string {
  const id = randomUUID();
  originals.set(id, new WeakRef(result));
  collected.register(result, id);
  return id;
}

/**
 * The result that a handler has returned, also where an interceptor of the application has made a plain copy of it, as
 * `ClassSerializerInterceptor` does. A copy that says anything else than its original is none: then it is data.
 */
export function originalOf(output: unknown): object | undefined {
  if (typeof output !== 'object' || output === null || !Object.hasOwn(output, MARK)) return undefined;
  const original = originals.get(String((output as Record<string, unknown>)[MARK]))?.deref();
  return original && (original === output || isSame(original, output)) ? original : undefined;
}

function isSame(one: object, other: object): boolean {
  try {
    return JSON.stringify(one) === JSON.stringify(other);
  } catch {
    return false;
  }
}
