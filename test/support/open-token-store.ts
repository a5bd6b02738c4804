import { setTimeout as sleep } from 'node:timers/promises';
import { DelegatedTokenStore } from 'nestjs-eie';

/** A store outside the process whose content a test sees and changes, as who may write to a database can. It can be away. */
export class OpenTokenStore extends DelegatedTokenStore {
  readonly sealed = new Map<string, string>();
  /** In place of each answer. */
  instead: (() => Promise<never>) | undefined;
  asked = 0;

  override async get(place: string): Promise<string | undefined> {
    return this.#answer(() => this.sealed.get(place));
  }

  override async set(place: string, sealed: string): Promise<void> {
    return this.#answer(() => void this.sealed.set(place, sealed));
  }

  override async delete(places: readonly string[]): Promise<void> {
    return this.#answer(() => places.forEach(place => this.sealed.delete(place)));
  }

  /** Later, as a database does. */
  async #answer<T>(answer: () => T): Promise<T> {
    this.asked++;
    if (this.instead) return this.instead();
    await sleep(1);
    return answer();
  }
}
