/** Levels. More than any tool's input needs, and far from what makes a recursive parser run out of stack. */
const MAX_DEPTH = 64;

/** Whether a parsed JSON value is nested deeper than a message may be. Runs in constant stack. */
export function isTooDeep(value: unknown): boolean {
  let level = [value];
  for (let depth = 0; level.length; depth++) {
    if (depth > MAX_DEPTH) return true;
    level = level.flatMap(one => (typeof one === 'object' && one !== null ? (Object.values(one) as unknown[]) : []));
  }
  return false;
}
