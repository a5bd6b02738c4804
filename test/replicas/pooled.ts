/** Does something for each of a list, this many at a time. */
export async function pooled<Item>(
  items: readonly Item[],
  atOnce: number,
  use: (item: Item, index: number) => Promise<void>,
): Promise<void> {
  const left = items.entries();
  await Promise.all(
    Array.from({ length: atOnce }, async () => {
      for (const [index, item] of left) await use(item, index);
    }),
  );
}
