import {
  circuitBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleWhen,
  type IPolicy,
  retry,
  wrap,
} from 'cockatiel';
import { LRUCache } from 'lru-cache';

/** The circuit opens after this many failures in a row, and stays open for this many milliseconds. */
const BREAK_AFTER = 5;
const HALF_OPEN_AFTER = 10_000;
const RETRIES = 1;
const CAPACITY = 1_000;

/**
 * One retry, and one circuit breaker for each authorization server: after 5 outages in a row it gets no request for 10 seconds, and then
 * one. There is NO fallback: an open circuit is a failure like any other.
 */
export class Resilience {
  /** Bounded: issuers of a source come and go. */
  readonly #policies = new LRUCache<string, IPolicy>({ max: CAPACITY });

  /** @param isOutage whether the server failed, and not the request */
  constructor(private readonly isOutage: (error: unknown) => boolean) {}

  /** @throws what `operation` throws; cockatiel's `BrokenCircuitError` while the circuit is open */
  async run<T>(issuer: string, operation: () => Promise<T>): Promise<T> {
    const policy = this.#policies.get(issuer) ?? this.#policy();
    this.#policies.set(issuer, policy);
    const end = await policy.execute(() => this.#answered(operation));
    return end();
  }

  /** A refusal is an answer of the server, and does not count as a failure for the circuit. */
  async #answered<T>(operation: () => Promise<T>): Promise<() => T> {
    try {
      const value = await operation();
      return () => value;
    } catch (error) {
      if (this.isOutage(error)) throw error;
      return () => {
        throw error;
      };
    }
  }

  #policy(): IPolicy {
    const { isOutage } = this;
    return wrap(
      circuitBreaker(handleWhen(isOutage), {
        halfOpenAfter: HALF_OPEN_AFTER,
        breaker: new ConsecutiveBreaker(BREAK_AFTER),
      }),
      retry(handleWhen(isOutage), {
        maxAttempts: RETRIES,
        backoff: new ExponentialBackoff({ initialDelay: 100, maxDelay: 500 }),
      }),
    );
  }
}
