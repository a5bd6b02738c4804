import { ok } from 'node:assert/strict';

/** One thing that an implementation of a port must do. `run` rejects with an AssertionError where it does not. */
export interface ConformanceCase {
  readonly name: string;
  run(): Promise<void>;
}

/**
 * Two connections to one store, as two processes have them. For a store that lives in one process both are the same object.
 */
export interface Connections<Store> {
  readonly one: Store;
  readonly other: Store;
  /** Called after each case. */
  close?(): Promise<void>;
}

/** A case with connections of its own, to a store that is empty. */
export const withStore =
  <Store>(create: () => Promise<Connections<Store>>) =>
  (name: string, test: (store: Connections<Store>) => Promise<void>): ConformanceCase => ({
    name,
    async run() {
      const connections = await create();
      try {
        await test(connections);
      } finally {
        await connections.close?.();
      }
    },
  });

/** Waits until a condition holds, for 5 seconds at most: messages between processes take time. */
export async function eventually(what: string, isSo: () => boolean): Promise<void> {
  for (const end = Date.now() + 5_000; !isSo() && Date.now() < end;) await pause(10);
  ok(isSo(), what);
}

export const pause = (milliseconds: number): Promise<void> =>
  new Promise(resolve => void setTimeout(resolve, milliseconds));

/** A JSON value as this realm makes it: test runners have several, and an object of another one is never deeply equal. */
export const plain = (value: unknown): unknown =>
  value === undefined ? undefined : (JSON.parse(JSON.stringify(value)) as unknown);

/** Whole seconds since the epoch: a store may count the lifetimes that it is given on its own clock. */
export const now = (): number => Math.floor(Date.now() / 1000);
