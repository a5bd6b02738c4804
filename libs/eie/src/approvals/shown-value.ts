/** Deeper than arguments can be. */
const MAX_DEPTH = 64;

/** What JSON would show otherwise than it is, or not at all. */
export class Unshowable extends Error {}

/**
 * A value as plain JSON, member by member: text, finite numbers, booleans, `null`, lists, dates, and objects that have nothing but such members.
 * A member that is `undefined` is left out. A class is data where it has neither methods nor accessors: what it may keep privately nobody can read.
 *
 * @throws Unshowable for anything else (a `Map`, a `Set`, an accessor, a class with methods, a member that is not listed, …), at any depth
 */
export function shownValue(value: unknown, depth = MAX_DEPTH): unknown {
  if (value === null || typeof value === 'string' || typeof value === 'boolean' || Number.isFinite(value)) return value;
  if (typeof value !== 'object' || depth === 0) throw new Unshowable();
  const proto: unknown = Object.getPrototypeOf(value);
  if (proto === Date.prototype) return shownDate(value as Date);
  const isList = Array.isArray(value);
  if (isList ? proto !== Array.prototype : !isData(proto)) throw new Unshowable();
  const members = membersOf(value, isList);
  if (isList) return members.map(([, one]) => shownValue(one, depth - 1));
  const given = members.filter(([, one]) => one !== undefined);
  return Object.fromEntries(given.map(([name, one]) => [name, shownValue(one, depth - 1)]));
}

/** The value of one field of an input; `undefined` where it is not given. @throws Unshowable as {@link shownValue} */
export function shownAt(path: readonly string[], input: unknown): unknown {
  let value = input;
  for (const name of path) {
    if (value === undefined || value === null) return undefined;
    const own = Object.getOwnPropertyDescriptor(Object(value), name);
    // What the tool would read there is not what lies there.
    if (own ? !('value' in own) : name in Object(value)) throw new Unshowable();
    value = own?.value as unknown;
  }
  return value === undefined ? undefined : shownValue(value);
}

function shownDate(date: Date): string {
  if (Reflect.ownKeys(date).length || Number.isNaN(date.getTime())) throw new Unshowable();
  return date.toISOString();
}

/** All members, in their order. */
function membersOf(value: object, isList: boolean): [name: string, value: unknown][] {
  const names = Reflect.ownKeys(value).filter(name => !isList || name !== 'length');
  if (isList && names.length !== (value as unknown[]).length) throw new Unshowable();
  return names.map((name, i) => {
    const own: TypedPropertyDescriptor<unknown> = Object.getOwnPropertyDescriptor(value, name)!;
    if (typeof name === 'symbol' || !own.enumerable || !('value' in own)) throw new Unshowable();
    if (isList && name !== String(i)) throw new Unshowable();
    return [name, own.value];
  });
}

/** Whether what inherits from it can have nothing but its own members. */
function isData(proto: unknown): boolean {
  for (let one = proto; one !== null && one !== Object.prototype; one = Object.getPrototypeOf(one))
    if (Reflect.ownKeys(one as object).some(name => name !== 'constructor')) return false;
  return true;
}
