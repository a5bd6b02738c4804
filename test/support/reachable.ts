import { types } from 'node:util';

/**
 * Everything that code which holds `root` can get from it, each with the path to it. Follows own properties (symbols and
 * hidden ones too), accessors, inherited accessors, maps, sets, iterables of headers and form data, and weak references. It
 * cannot see into closures, private fields and weak maps: neither can the code it stands for.
 */
export function* reachable(root: unknown): Generator<[path: string, value: unknown]> {
  const known = new Set<unknown>();
  const accessors = new Map<object, readonly string[]>();
  const queue: [string, unknown][] = [['', root]];
  for (let next = queue.pop(); next; next = queue.pop()) {
    const [path, value] = next;
    yield next;
    if (!isContainer(value) || known.has(value) || (textOf(value) !== undefined && typeof value !== 'function'))
      continue;
    known.add(value);
    for (const [name, member] of members(value, accessors)) queue.push([`${path}.${name}`, member]);
  }
}

/**
 * Where a token can be found by code that holds `root`: the paths to every string or buffer that contains one of the
 * tokens, or the signature of one alone. See {@link reachable}.
 */
export function tokensWithin(root: unknown, tokens: readonly string[]): string[] {
  const needles = [...new Set(tokens.flatMap(token => [token, token.split('.').at(-1)!]))].filter(
    needle => needle.length > 20,
  );
  if (!needles.length) throw new Error('there is no token to look for');
  const found: string[] = [];
  for (const [path, value] of reachable(root)) {
    const text = textOf(value);
    if (text !== undefined && needles.some(needle => text.includes(needle))) found.push(path);
  }
  return found;
}

const isContainer = (value: unknown): value is object =>
  (typeof value === 'object' && value !== null) || typeof value === 'function';

function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  if (typeof value === 'symbol') return value.description;
  if (ArrayBuffer.isView(value))
    return Buffer.from(value.buffer, value.byteOffset, value.byteLength).toString('latin1');
  if (value instanceof ArrayBuffer) return Buffer.from(value).toString('latin1');
  return undefined;
}

function* members(value: object, accessors: Map<object, readonly string[]>): Generator<[string, unknown]> {
  const read = isPrototype(value) ? readData : readMember;
  for (const key of Reflect.ownKeys(value)) {
    yield [`<key ${String(key)}>`, key];
    yield [String(key), read(value, key)];
  }
  for (let prototype = parent(value); prototype && prototype !== Object.prototype; prototype = parent(prototype)) {
    let names = accessors.get(prototype);
    if (!names) accessors.set(prototype, (names = accessorsOf(prototype)));
    for (const name of names) yield [name, read(value, name)];
  }
  if (isWeakRef(value)) yield ['<weak>', value.deref()];
  if (
    types.isMap(value) ||
    types.isSet(value) ||
    value instanceof Headers ||
    value instanceof URLSearchParams ||
    value instanceof FormData
  ) {
    for (const entry of value as Iterable<unknown>) yield ['<entry>', entry];
  }
}

/** In another realm `__proto__` is an accessor too. It gives a prototype, whose own accessors are for its instances. */
const accessorsOf = (prototype: object): string[] =>
  Object.entries(Object.getOwnPropertyDescriptors(prototype)).flatMap(([name, { get }]) =>
    get && name !== '__proto__' ? [name] : [],
  );

/** Older names of what `getHeaders()` and a symbol property of the response hold; reading them prints a warning. */
const DEPRECATED = new Set<string | symbol>(['_headers', '_headerNames']);

/** By its tag and not its class: Node's own objects belong to another realm than the tests. */
const isWeakRef = (value: object): value is WeakRef<object> =>
  Object.prototype.toString.call(value) === '[object WeakRef]';

/** The accessors of a class are for its instances: run on the prototype itself, some of Node's leave there what all instances then inherit. */
const isPrototype = (value: object): boolean =>
  (Reflect.getOwnPropertyDescriptor(value, 'constructor')?.value as { prototype?: unknown } | undefined)?.prototype ===
  value;

const parent = (value: object): object | null => Object.getPrototypeOf(value) as object | null;

const readData = (value: object, key: string | symbol): unknown => Reflect.getOwnPropertyDescriptor(value, key)?.value;

function readMember(value: object, key: string | symbol): unknown {
  if (DEPRECATED.has(key)) return readData(value, key);
  try {
    return Reflect.get(value, key);
  } catch {
    return undefined;
  }
}
