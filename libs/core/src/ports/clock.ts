/**
 * The current time, in milliseconds since the epoch, like `Date.now`. Every time in a token, an envelope or a store is in
 * whole seconds: {@link secondsOf}.
 */
export type Clock = () => number;

/** The same clock in whole seconds since the epoch. */
export const secondsOf = (clock: Clock) => (): number => Math.floor(clock() / 1000);
