/**
 * The current time, in milliseconds since the epoch, like `Date.now`. Every time in a token, an envelope or a store is in
 * whole seconds: {@link secondsOf}.
 */
export type Clock = () => number;

/** The same clock in whole seconds since the epoch. */
export const secondsOf = (clock: Clock) => (): number => Math.floor(clock() / 1000);

/**
 * Of what is no number nothing is in the past: no token would expire.
 *
 * @throws TypeError
 */
export function checkTime(now: number): void {
  if (!Number.isFinite(now)) throw new TypeError('now must be a number: seconds since the epoch.');
}
