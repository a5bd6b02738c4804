import { type FoundText } from './messages.js';

/** Shorter texts are no token and no signature. */
const SHORTEST = 24;
const MOST_OBJECTS = 500_000;
/** Prototypes that every program shares. */
const SHARED = new Set<unknown>([Object.prototype, Function.prototype, Array.prototype]);

/**
 * Every text that code could read when it holds `start`: through properties of any kind, enumerable or not, of the
 * object and of its prototypes, getters included, and through the contents of collections, headers and buffers.
 */
export function reachableTexts(start: Record<string, unknown>): FoundText[] {
  const found = new Map<string, string>();
  const visited = new Set<object>();
  const open: [path: string, value: unknown][] = Object.entries(start);

  for (let next = open.pop(); next; next = open.pop()) {
    const [path, value] = next;
    if (typeof value === 'string') {
      if (value.length >= SHORTEST && !found.has(value)) found.set(value, path);
      continue;
    }
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || visited.has(value)) continue;
    visited.add(value);
    if (visited.size > MOST_OBJECTS) throw new Error('There is more to walk than the walk was made for.');
    for (const one of [...contents(value, path), ...properties(value, path)]) open.push(one);
  }
  return [...found].map(([text, path]) => ({ text, path }));
}

function contents(value: object, path: string): [string, unknown][] {
  if (ArrayBuffer.isView(value))
    return [[`${path}:bytes`, Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1')]];
  if (value instanceof ArrayBuffer || value instanceof SharedArrayBuffer)
    return [[`${path}:bytes`, Buffer.from(value).toString('latin1')]];
  const listed =
    value instanceof Map || value instanceof Set || value instanceof Headers || value instanceof URLSearchParams;
  return listed ? [[`${path}:entries`, [...value.entries()]]] : [];
}

function properties(value: object, path: string): [string, unknown][] {
  if (ArrayBuffer.isView(value)) return [];
  const read: [string, unknown][] = [];
  for (
    let holder: object | null = value;
    holder && !SHARED.has(holder);
    holder = Object.getPrototypeOf(holder) as object | null
  ) {
    for (const key of Reflect.ownKeys(holder)) {
      const name = `${path}.${String(key)}`;
      read.push([`${name}:name`, typeof key === 'string' ? key : key.description]);
      try {
        read.push([name, Reflect.get(holder, key, value)]);
      } catch {
        // A getter that throws keeps what it guards.
      }
    }
  }
  return read;
}
