/**
 * Whether what was learnt at `since` counts at `now`, for `lifetime` seconds. False when the clock moved backwards past `since`: the
 * age is unknown then, and it would count for as long again as the clock was set back.
 *
 * All in seconds.
 */
export function isFresh(since: number, lifetime: number, now: number): boolean {
  return since <= now && now < since + lifetime;
}
