/** A small seeded generator (mulberry32): the same seed gives the same choices in the same order. */
export function randomFrom(seed) {
  let state = seed >>> 0;
  const fraction = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
  /** A whole number from 0 up to and without `below`. */
  const below = limit => Math.floor(fraction() * limit);
  return {
    fraction,
    below,
    chance: probability => fraction() < probability,
    pick: list => list[below(list.length)],
    hex: length => Array.from({ length }, () => below(16).toString(16)).join(''),
  };
}
