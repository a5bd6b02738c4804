import { isObservable, lastValueFrom } from 'rxjs';

/** What one call of the attack gave back, and from what. */
export interface Loot {
  readonly from: string;
  readonly value: unknown;
}

/** Values for a parameter, by its name. */
export type Plausible = (parameter: string) => readonly unknown[];

/** What only ends things: after it there would be nothing left to attack. */
const ENDS = /^(close|destroy|end|on(Module|Application)|beforeApplication)/;
const COMBINATIONS = 12;
const DEPTH = 2;
/** Milliseconds. A promise that settles later gives nothing to an attacker who has moved on. */
const SETTLES_WITHIN = 20;

type Callable = (...args: unknown[]) => unknown;
type Attackable = [name: string, run: (args: unknown[]) => unknown, parameters: string[]];

/**
 * Calls everything that can be called on these objects, and on what those calls give back: own methods, those of their
 * prototypes, getters, statics, and the constructors of their classes. Each is called with several values for each of its
 * parameters, chosen by the names that those have in the source. What throws, throws.
 */
export async function attack(roots: ReadonlyMap<string, unknown>, plausible: Plausible): Promise<Loot[]> {
  const loot: Loot[] = [];
  const attacked = new Set<unknown>();
  let round: Loot[] = [...roots].map(([from, value]) => ({ from, value }));
  for (let depth = 0; depth < DEPTH; depth++) {
    const found: Loot[] = [];
    for (const one of round) {
      if (attacked.has(one.value)) continue;
      attacked.add(one.value);
      for (const [name, run, parameters] of attackables(one.value)) {
        for (const args of combinations(parameters, plausible))
          found.push(...(await called(`${one.from}.${name}()`, () => run(args))));
      }
    }
    for (const one of found) loot.push(one);
    round = found.filter(({ value }) => isMade(value));
  }
  return loot;
}

/** A function, or an instance of a class that is not built in: what a builtin can do, the attacker can do anyway. */
function isMade(value: unknown): boolean {
  if (typeof value === 'function') return true;
  if (typeof value !== 'object' || value === null || isObservable(value)) return false;
  const { constructor } = value as { constructor?: unknown };
  return typeof constructor === 'function' && !Function.prototype.toString.call(constructor).includes('[native code]');
}

function* attackables(value: unknown): Generator<Attackable> {
  if (typeof value === 'function') {
    yield ['call', args => (value as Callable)(...args), parametersOf(value)];
    yield ['new', args => Reflect.construct(value, args) as unknown, parametersOf(value)];
    yield* methods(value, value, 'static ');
    return;
  }
  if (typeof value !== 'object' || value === null) return;
  const { constructor } = value;
  if (isMade(value)) {
    yield ['constructor', args => Reflect.construct(constructor, args) as unknown, parametersOf(constructor)];
    yield* methods(constructor, constructor, 'static ');
  }
  for (let holder: object | null = value; holder && holder !== Object.prototype; holder = parent(holder))
    yield* methods(value, holder, '');
}

function* methods(owner: object, holder: object, kind: string): Generator<Attackable> {
  for (const key of Reflect.ownKeys(holder)) {
    const name = String(key);
    const { get, value } = Reflect.getOwnPropertyDescriptor(holder, key)! as { get?: unknown; value?: unknown };
    if (name === 'constructor' || name === 'prototype' || ENDS.test(name)) continue;
    if (get) yield [`get ${kind}${name}`, () => Reflect.get(holder, key, owner) as unknown, []];
    else if (typeof value === 'function')
      yield [kind + name, args => Reflect.apply(value, owner, args) as unknown, parametersOf(value)];
  }
}

const parent = (value: object): object | null => Object.getPrototypeOf(value) as object | null;

/** The parameters of a function, or of the constructor of a class, as the source has them. */
function parametersOf(callable: object): string[] {
  const source = Function.prototype.toString.call(callable);
  const start = source.startsWith('class') ? source.search(/\bconstructor\s*\(/) : 0;
  if (start < 0) return parent(callable) === Function.prototype ? [] : parametersOf(parent(callable)!);
  const list: string[] = [];
  let [nesting, current] = [0, ''];
  for (const character of source.slice(source.indexOf('(', start) + 1)) {
    if (character === ')' && nesting === 0) break;
    if ('([{'.includes(character)) nesting++;
    else if (')]}'.includes(character)) nesting--;
    if (character === ',' && nesting === 0) {
      list.push(current);
      current = '';
    } else current += character;
  }
  return [...list, current].map(one => one.trim()).filter(Boolean);
}

function combinations(parameters: readonly string[], plausible: Plausible): unknown[][] {
  if (!parameters.length) return [[]];
  const values = parameters.map(plausible);
  // The first turn takes the first of each: what an attacker would try first. The others walk through the rest.
  return Array.from({ length: COMBINATIONS }, (_, turn) =>
    values.map((one, position) => one[(turn * (position * 2 + 1)) % one.length]),
  );
}

async function called(from: string, run: () => unknown): Promise<Loot[]> {
  try {
    const value = run();
    const late = new Promise(resolve => setTimeout(resolve, SETTLES_WITHIN).unref());
    const settled = await Promise.race([isObservable(value) ? lastValueFrom(value) : value, late]);
    return [
      { from, value },
      { from, value: settled },
    ];
  } catch (error) {
    return [{ from, value: error }];
  }
}
