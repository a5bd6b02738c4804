/**
 * Whether something stored at `since` with a `lifetime` is still fresh at `now`. False when the clock was set back before `since`:
 * its age is unknown, and it would otherwise stay fresh until the clock catches up.
 *
 * All in seconds.
 */
export function isFresh(since: number, lifetime: number, now: number): boolean {
  return since <= now && now < since + lifetime;
}
