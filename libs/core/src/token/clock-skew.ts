/**
 * Seconds for which a time in a credential may lie ahead of our clock, since no two clocks agree. It counts for `iat` and
 * `nbf`. The end of a credential (`exp`) has no leeway anywhere: its issuer sets the lifetime.
 */
export const CLOCK_SKEW = {
  /** Access tokens come from authorization servers that others run: RFC 7519 §4.1.5 speaks of "some small leeway". */
  accessToken: 30,
  /**
   * DPoP proofs: RFC 9449 §11.1. FAPI 2.0 Security Profile §5.3.2.1 no. 13 demands that 10 s ahead are accepted and more than 60 s refused. It
   * is the least that conforms: the longer it is, the longer a proof that was made in advance can be used.
   */
  dpopProof: 10,
  /** Sealed envelopes come from servers of the same trust domain, whose clocks are set together. */
  sealedEnvelope: 5,
  /** Sealed jobs come from a queue, and one that is refused is lost: the clocks of servers and workers may be a minute apart. */
  sealedJob: 60,
  /** What instances of one server share is obtained anew where their clocks are further apart. */
  sharedToken: 60,
} as const;

/** Seconds since the epoch: no clock is so wrong, and what is later are milliseconds. */
const NO_SECONDS = 1e11;

/** How far a time is from that of this machine, for an operator. Both in seconds since the epoch. */
export function apart(time: number, now: number): string {
  if (time > NO_SECONDS) return 'It is in milliseconds: have the issuer write seconds (RFC 7519 §2, NumericDate).';
  const [seconds, side] = [Math.abs(Math.round(time - now)), time > now ? 'ahead of' : 'behind'];
  return `It is ${seconds} s ${side} the clock of this machine: compare the clocks.`;
}
