import { type HealthState } from 'execution-identity';
import {
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  ExponentialBackoff,
  handleWhen,
  isBrokenCircuitError,
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

/** Whether nothing was sent, since the circuit is open. */
export const isCircuitOpen = (error: unknown): boolean => isBrokenCircuitError(error);

interface Circuit {
  readonly policy: IPolicy;
  health(now: number): HealthState;
}

/**
 * One retry, and one circuit breaker for each authorization server: after 5 outages in a row it gets no request for 10 seconds, and then
 * one. There is NO fallback: an open circuit is a failure like any other.
 */
export class Resilience {
  /** Bounded: issuers of a source come and go. */
  readonly #circuits = new LRUCache<string, Circuit>({ max: CAPACITY });

  /**
   * @param isOutage whether the server failed, and not the request
   * @param asksToWait whether it says when to ask again: then it is not asked at once
   */
  constructor(
    private readonly isOutage: (error: unknown) => boolean,
    private readonly asksToWait: (error: unknown) => boolean = () => false,
  ) {}

  /** @throws what `operation` throws; cockatiel's `BrokenCircuitError` while the circuit is open */
  async run<T>(issuer: string, operation: () => Promise<T>): Promise<T> {
    const circuit = this.#circuits.get(issuer) ?? this.#circuit();
    this.#circuits.set(issuer, circuit);
    const end = await circuit.policy.execute(() => this.#answered(operation));
    return end();
  }

  /**
   * `down` while the circuit is open: nothing is sent. `degraded` once the next request may try the server.
   *
   * @param now milliseconds of a clock that nobody sets
   */
  health(issuer: string, now = performance.now()): HealthState {
    return this.#circuits.peek(issuer)?.health(now) ?? 'up';
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

  #circuit(): Circuit {
    const { isOutage, asksToWait } = this;
    const breaker = circuitBreaker(handleWhen(isOutage), {
      halfOpenAfter: HALF_OPEN_AFTER,
      breaker: new ConsecutiveBreaker(BREAK_AFTER),
    });
    let brokenAt = 0;
    breaker.onBreak(() => (brokenAt = performance.now()));
    const policy = wrap(
      breaker,
      retry(
        handleWhen(error => isOutage(error) && !asksToWait(error)),
        {
          maxAttempts: RETRIES,
          backoff: new ExponentialBackoff({ initialDelay: 100, maxDelay: 500 }),
        },
      ),
    );
    const health = (now: number): HealthState => {
      if (breaker.state === CircuitState.Closed) return 'up';
      return breaker.state === CircuitState.Open && now - brokenAt < HALF_OPEN_AFTER ? 'down' : 'degraded';
    };
    return { policy, health };
  }
}
