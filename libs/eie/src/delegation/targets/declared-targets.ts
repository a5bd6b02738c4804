const DECLARED = 'eie:declared-targets';

/** The handler (a method, or every handler of a class) may call these targets. */
export function declareTargets(subject: object, targets: readonly string[]): void {
  const known = (Reflect.getOwnMetadata(DECLARED, subject) ?? []) as string[];
  Reflect.defineMetadata(DECLARED, [...new Set([...known, ...targets])], subject);
}

/** What the method and its class declare together. */
export function declaredTargets(handler: object, type: object): string[] {
  return [...new Set([handler, type].flatMap(subject => (Reflect.getMetadata(DECLARED, subject) ?? []) as string[]))];
}
