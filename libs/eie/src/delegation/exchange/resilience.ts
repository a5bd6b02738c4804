import {
  circuitBreaker,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleWhen,
  type IPolicy,
  retry,
  wrap,
} from 'cockatiel';

/** Failures in a row after which an authorization server is left alone, and for how long, in milliseconds. */
const BREAK_AFTER = 5;
const HALF_OPEN_AFTER = 10_000;
const RETRIES = 1;

/** Of a failed request to an authorization server. */
export interface FailureKind {
  /** Whether the server failed, and not the request. */
  readonly isOutage: (error: unknown) => boolean;
  /** Whether asking once more at once could help: not where the server says that it is asked too much. */
  readonly isWorthRetrying: (error: unknown) => boolean;
}

/**
 * One retry, and a circuit breaker for each authorization server: after 5 outages in a row it is not asked for 10 seconds,
 * and then by one request. It does NOT look for another way: an open circuit is a failure like any other.
 */
export class Resilience {
  readonly #policies = new Map<string, IPolicy>();

  constructor(private readonly kind: FailureKind) {}

  /** @throws what `operation` throws; cockatiel's `BrokenCircuitError` while the circuit is open */
  async run<T>(issuer: string, operation: () => Promise<T>): Promise<T> {
    const policy = this.#policies.get(issuer) ?? this.#policy();
    this.#policies.set(issuer, policy);
    const end = await policy.execute(() => this.#answered(operation));
    return end();
  }

  /** A server that says no has answered: for the circuit that is no failure. */
  async #answered<T>(operation: () => Promise<T>): Promise<() => T> {
    try {
      const value = await operation();
      return () => value;
    } catch (error) {
      if (this.kind.isOutage(error)) throw error;
      return () => {
        throw error;
      };
    }
  }

  #policy(): IPolicy {
    const { isOutage, isWorthRetrying } = this.kind;
    return wrap(
      circuitBreaker(handleWhen(isOutage), {
        halfOpenAfter: HALF_OPEN_AFTER,
        breaker: new ConsecutiveBreaker(BREAK_AFTER),
      }),
      retry(handleWhen(isWorthRetrying), {
        maxAttempts: RETRIES,
        backoff: new ExponentialBackoff({ initialDelay: 100, maxDelay: 500 }),
      }),
    );
  }
}
