/** The caller had recorded the trace, or may have: W3C Trace Context level 2, "Sampled flag". */
export const SAMPLED = 1;
/** The right-most seven bytes of the trace id are random: level 2, "Random Trace ID Flag". */
export const RANDOM = 2;

/** The fields of a `traceparent` that a participant uses. */
export interface Traceparent {
  /** 32 lower-case hex digits, not all zero. */
  readonly traceId: string;
  /** The span of the caller: 16 lower-case hex digits, not all zero. */
  readonly parentId: string;
  /** {@link SAMPLED} and {@link RANDOM}. The other bits are reserved, and left out. */
  readonly flags: number;
}

/** What version 00 consists of. A later version begins with the same characters, and may go on after another dash. */
const FIELDS = /^([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})$/;
const LENGTH = 55;

/**
 * Reads a `traceparent` by W3C Trace Context level 2, "Traceparent Header" and "Versioning of traceparent". Only the first 56 characters
 * are looked at, and a comma anywhere refuses it: Node joins several header lines with one, and two parents are none.
 *
 * @returns `undefined` for what is not one: then the trace begins anew, and its `tracestate` counts for nothing
 */
export function parseTraceparent(value: unknown): Traceparent | undefined {
  if (typeof value !== 'string' || value.includes(',')) return undefined;
  const [, version, traceId, parentId, flags] = FIELDS.exec(value.slice(0, LENGTH)) ?? [];
  if (!traceId || !parentId || !flags || version === 'ff') return undefined;
  if (value.length > LENGTH && (version === '00' || value[LENGTH] !== '-')) return undefined;
  return { traceId, parentId, flags: parseInt(flags, 16) & (SAMPLED | RANDOM) };
}

/** A `traceparent` of version 00, whatever the version of the one that was received. */
export const traceparent = ({ traceId, parentId, flags }: Traceparent): string =>
  `00-${traceId}-${parentId}-0${flags & (SAMPLED | RANDOM)}`;
