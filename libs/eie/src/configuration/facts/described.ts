import { optionNames } from '../../options/constraints.js';

/** A value as JSON has it. */
export type Described =
  null | boolean | number | string | readonly Described[] | { readonly [name: string]: Described };

/**
 * A configured value as data: options and plain objects with their members, lists, texts and numbers. Of anything else, such as a port or a
 * function, only its kind is told. It does NOT know what is secret: give it no option that holds a key or a secret.
 *
 * @example described({ scopes: ['orders:read'], source: new AgentTable() }) // { scopes: ['orders:read'], source: 'AgentTable' }
 */
export function described(value: unknown): Described {
  if (typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return value as Described;
  if (typeof value === 'function') return 'function';
  if (typeof value !== 'object' || value === null) return null;
  if (Array.isArray(value)) return value.map(described);
  if (!isRecord(value)) return kindOf(value);
  return Object.fromEntries(
    Object.entries(value).flatMap(([name, member]) => (member === undefined ? [] : [[name, described(member)]])),
  );
}

/** The name of the class of a port. */
export function kindOf(port: object): string {
  const { constructor } = port as { constructor?: unknown };
  const name = typeof constructor === 'function' ? constructor.name : '';
  return name === '' || name === 'Object' ? 'object' : name;
}

/** A plain object, or options that have been read. */
export function isRecord(value: unknown): value is Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  const prototype = Object.getPrototypeOf(value) as { constructor?: unknown } | null;
  // Of another realm too: what structuredClone() returns may be.
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return true;
  return typeof prototype.constructor === 'function' && optionNames(prototype.constructor as never).length > 0;
}

/** Without what a URL may hide: user, password, query and fragment. */
export function plainUrl(url: string): string {
  if (!URL.canParse(url)) return url;
  const { origin, protocol, host, pathname } = new URL(url);
  return origin === 'null' ? `${protocol}//${host}${pathname}` : `${origin}${pathname}`;
}

export const sorted = (texts: readonly string[]): string[] => [...new Set(texts)].sort();
