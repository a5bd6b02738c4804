/** Whether an application allows more, less, or something else than before. */
export type Direction = 'wider' | 'narrower' | 'other';

/** One change of a posture, as a reviewer reads it. */
export interface Change {
  readonly direction: Direction;
  /** One line. */
  readonly text: string;
}

export const wider = (text: string): Change => ({ direction: 'wider', text });
export const narrower = (text: string): Change => ({ direction: 'narrower', text });
export const other = (text: string): Change => ({ direction: 'other', text });

/** What is in one list alone, by a key. */
export function apart<Item>(
  before: readonly Item[],
  after: readonly Item[],
  keyOf: (item: Item) => string,
): { readonly added: Item[]; readonly removed: Item[]; readonly kept: (readonly [Item, Item])[] } {
  const [old, now] = [before, after].map(items => new Map(items.map(item => [keyOf(item), item])));
  return {
    added: [...now!].flatMap(([key, item]) => (old!.has(key) ? [] : [item])),
    removed: [...old!].flatMap(([key, item]) => (now!.has(key) ? [] : [item])),
    kept: [...old!].flatMap(([key, item]) => (now!.has(key) ? [[item, now!.get(key)!] as const] : [])),
  };
}
