/**
 * Whether what was learnt at `since` counts at `now`, for `lifetime` seconds. On a clock that has been set back before
 * `since` it does not: how old it is cannot be told, and it would count for as long again as the clock was set back.
 *
 * All in seconds.
 */
export function isFresh(since: number, lifetime: number, now: number): boolean {
  return since <= now && now < since + lifetime;
}
