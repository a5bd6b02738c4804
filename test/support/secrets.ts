import { inspect } from 'node:util';
import { tokensWithin } from './reachable.js';

/** What must stay inside, by its kind. */
export type Secrets = Readonly<Record<string, readonly string[]>>;

/** Where a run left something: what code was handed, and what was written, each under its name. */
export type Evidence = Readonly<Record<string, unknown>>;

/** Which kinds of secrets can be found where, as members or in what a value prints: `kind in place`. */
export function secretsWithin(evidence: Evidence, secrets: Secrets): string[] {
  return Object.entries(evidence).flatMap(([place, root]) => {
    const all = [root, printed(root)];
    const isClean = !tokensWithin(all, Object.values(secrets).flat()).length;
    return isClean
      ? []
      : Object.keys(secrets)
          .filter(kind => tokensWithin(all, secrets[kind]!).length)
          .map(kind => `${kind} in ${place}`);
  });
}

/** As a debugger, a log and an answer would show it. */
function printed(root: unknown): string[] {
  return [
    inspect(root, { showHidden: true, depth: 4, maxStringLength: Infinity, maxArrayLength: Infinity }),
    json(root),
  ];
}

function json(root: unknown): string {
  const open = new Set<unknown>();
  return (
    JSON.stringify(root, (_name, value: unknown) => {
      if (typeof value === 'bigint' || typeof value === 'symbol') return String(value);
      if (typeof value !== 'object' || value === null) return value;
      if (open.has(value)) return undefined;
      open.add(value);
      return value instanceof Error ? { ...value, message: value.message, stack: value.stack } : value;
    }) ?? ''
  );
}
