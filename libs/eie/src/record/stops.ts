import { type EieError } from 'execution-identity';

type Stop = (reason: EieError) => void;

/**
 * What an execution has open and must not keep when it is ended from outside: its identity was revoked, or it has run past its deadline and
 * nobody waits for it. A handler cannot be stopped; what it reads can.
 */
export class Stops {
  /** Made for the first one: most executions read nothing of an API. */
  #open: Set<Stop> | undefined;
  #reason: EieError | undefined;

  /**
   * Calls `stop` when the execution is ended from outside: at once where it has been.
   *
   * @returns a function to call when it is no longer open
   */
  add(stop: Stop): () => void {
    if (this.#reason) stop(this.#reason);
    else (this.#open ??= new Set()).add(stop);
    return () => void this.#open?.delete(stop);
  }

  /** Ends all that is open, and what is opened later. The first reason counts. */
  end(reason: EieError): void {
    this.#reason ??= reason;
    const open = [...(this.#open ?? [])];
    this.#open = undefined;
    for (const stop of open) stop(this.#reason);
  }
}
