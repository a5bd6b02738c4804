import { type ServerContext } from '@modelcontextprotocol/server';
import { type Clock, type Diagnostics, EieError, type ReplayStore, type RequestStateStore } from 'execution-identity';
import {
  compositeKey,
  digest,
  storeFailure,
  assertFirstUse,
  principalKey,
  secondsOf,
  shareHolder,
  STORE_DEADLINE,
  withinDeadline,
} from 'execution-identity/internal';
import { requestOf } from './mcp-request.js';

/** Seconds. */
const LIFETIME = 600;

export interface RequestStateParts {
  readonly store: RequestStateStore;
  /** Takes each state once. */
  readonly replays: ReplayStore;
  /** The identifier of the route and its path. */
  readonly route: string;
  readonly clock: Clock;
  readonly diagnostics: Diagnostics;
}

/**
 * The state of a call between two rounds (MCP 2026-07-28, multi round-trip requests). It is valid for 10 minutes, and only for the same
 * principal on the same route: the user, through the same client and chain of agents. It is used once: an approval of the user counts for
 * one call.
 */
export class RequestStates {
  readonly #parts: RequestStateParts;

  constructor(parts: RequestStateParts) {
    this.#parts = parts;
  }

  /**
   * @returns the handle that the client keeps
   * @throws EieError `request_state_unavailable` when the store does not answer
   */
  mint(state: unknown, context: ServerContext): Promise<string> {
    const now = this.#now();
    return this.#ask(() => this.#parts.store.put(state, this.#owner(context), now + LIFETIME, now));
  }

  /**
   * @param handle from the client
   * @throws EieError `input_invalid` for a handle that was changed, has expired, was used, or belongs to another principal or route;
   * `request_state_unavailable` when the store, or that of what was used, does not answer
   */
  async find(handle: string, context: ServerContext): Promise<unknown> {
    const now = this.#now();
    const state = await this.#ask(() => this.#parts.store.get(handle, this.#owner(context), now));
    if (state === undefined) throw new EieError('input_invalid');
    // Last, so that nobody else uses it up.
    const use = digest(compositeKey('request-state', handle));
    const holder = shareHolder(requestOf(context.http?.authInfo).record.admitted);
    await assertFirstUse(
      this.#parts,
      { id: use, expiresAt: now + LIFETIME, holder },
      now,
      'input_invalid',
      'request_state_unavailable',
    );
    return state;
  }

  #now(): number {
    return secondsOf(this.#parts.clock)();
  }

  #owner({ http }: ServerContext): string {
    return compositeKey(principalKey(requestOf(http?.authInfo).record.admitted), this.#parts.route);
  }

  async #ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await withinDeadline(STORE_DEADLINE, question);
    } catch (error) {
      this.#parts.diagnostics.report({
        level: 'error',
        message: storeFailure('request state store', error, 'calls that ask the user fail until it does'),
      });
      throw new EieError('request_state_unavailable');
    }
  }
}
