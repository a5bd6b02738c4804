/** The clock of the library as a provider: a function that returns milliseconds since the epoch. */
export const EIE_CLOCK = Symbol('EIE_CLOCK');

/** Where the library reports what an operator needs to know: `Diagnostics` of execution-identity. */
export const EIE_DIAGNOSTICS = Symbol('EIE_DIAGNOSTICS');
