/** The same members, those that may be `undefined` being optional. */
type Defined<T> = { [K in keyof T as undefined extends T[K] ? never : K]: T[K] } & {
  [K in keyof T as undefined extends T[K] ? K : never]?: Exclude<T[K], undefined>;
};

/** Drops absent members: what is absent is absent on every side, and never `undefined` or `null`. */
export function defined<T extends object>(value: T): Defined<T> {
  const present: Record<string, unknown> = {};
  for (const [name, member] of Object.entries(value)) if (member !== undefined) present[name] = member;
  return present as Defined<T>;
}
