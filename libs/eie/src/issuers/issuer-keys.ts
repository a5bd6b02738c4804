import { type KeySource } from 'execution-identity';

/** The keys of one configured issuer, and what is verified by them: access tokens, or sealed envelopes at a receiver. */
export interface IssuerKeys {
  readonly issuer: string;
  readonly verify: 'tokens' | 'envelopes';
  readonly source: KeySource;
}

const known = new WeakMap<object, readonly IssuerKeys[]>();

/** Notes what the server with these options verifies by. */
export function noteKeys(options: object, keys: readonly IssuerKeys[]): void {
  known.set(options, keys);
}

/** What the server with these options verifies by. For health checks. */
export const keysOf = (options: object): readonly IssuerKeys[] => known.get(options) ?? [];
