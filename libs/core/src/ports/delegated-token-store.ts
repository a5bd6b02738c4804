/**
 * Shares the tokens that the processes of one server have obtained for its targets, so that not each of them asks the authorization server.
 * It is a cache: what it loses, refuses or does not answer in time is obtained anew, and no call is refused for it.
 *
 * It NEVER sees a token: `nestjs-eie` seals each one with a secret of the processes, and opens what comes back only at the place where it was put,
 * until its time is over. So a store must neither check a value nor compare expiries with care. {@link MemoryDelegatedTokenStore} is the one in this process;
 * `delegatedTokenStoreConformance` tests a new one.
 */
export abstract class DelegatedTokenStore {
  /**
   * What was put at this place last, unless it was dropped. It may be gone at any time.
   *
   * @param place 43 characters of base64url, from which nobody learns whose token is there
   * @param now seconds since the epoch, on the clock of the caller
   */
  abstract get(place: string, now: number): Promise<string | undefined>;

  /**
   * Puts something at a place, in place of what is there. A store that is bounded drops something else, or rejects.
   *
   * @param sealed printable ASCII, up to 64 KiB
   * @param expiresAt seconds since the epoch: until then at most it is of use. A store counts `expiresAt - now` on its own clock, and drops it then
   * @param now seconds since the epoch, on the clock of the caller
   */
  abstract set(place: string, sealed: string, expiresAt: number, now: number): Promise<void>;

  /**
   * Drops what is at these places. One where nothing is, is no error.
   *
   * @param places some hundreds at most
   */
  abstract delete(places: readonly string[]): Promise<void>;
}
