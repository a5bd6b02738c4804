/**
 * Stores the state of one call between two rounds, while the client asks its user (MCP 2026-07-28, multi round-trip requests). The
 * client gets a handle and nothing else. {@link EncryptedRequestStateStore} is the
 * default and needs no memory; {@link MemoryRequestStateStore} keeps the state here. `requestStateStoreConformance` tests a
 * new one. A rejection is a refusal at the caller.
 */
export abstract class RequestStateStore {
  /**
   * @param state a JSON value
   * @param owner whom the state belongs to: nobody else gets it back
   * @param expiresAt seconds since the epoch
   * @param now seconds since the epoch
   * @returns the handle: printable ASCII without spaces, which nobody can guess and which shows neither state nor owner
   */
  abstract put(state: unknown, owner: string, expiresAt: number, now: number): Promise<string>;

  /**
   * A copy of the state, as often as it is asked for.
   *
   * @param handle from the client: any text
   * @param now seconds since the epoch
   * @returns `undefined` for a handle that is unknown, changed or expired, or of another owner; also for one in another spelling, such as with
   * padding: a state is used once by its handle
   */
  abstract get(handle: string, owner: string, now: number): Promise<unknown>;
}
