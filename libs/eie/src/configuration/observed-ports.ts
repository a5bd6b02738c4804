import { MemoryDelegatedTokenStore } from 'execution-identity';
import { failuresOf, OPTIONAL_STORE_DEADLINE, STORE_DEADLINE, withinDeadline } from 'execution-identity/internal';
import { type BoundaryPortsOptions } from '../options/boundary-ports.options.js';
import { observeStore } from '../telemetry/metrics.js';
import { ownState } from './facts/own-state.js';

const STORES = ['replay', 'revocation', 'approvals', 'requestState', 'delegatedTokens'] as const;
export type StoreName = (typeof STORES)[number];

/** Milliseconds, where it is not the same for all. */
const DEADLINES: Partial<Record<StoreName, number>> = { delegatedTokens: OPTIONAL_STORE_DEADLINE };

/** The stores of the application that are outside this process. */
export function remoteStores(ports: BoundaryPortsOptions = {}): readonly (readonly [StoreName, object])[] {
  const own: readonly string[] = ownState({ ports });
  return STORES.flatMap(name => {
    const store = name === 'delegatedTokens' ? ports.delegatedTokens?.store : ports[name];
    const isRemote = store && !own.includes(name) && !(store instanceof MemoryDelegatedTokenStore);
    return isRemote ? [[name, store] as const] : [];
  });
}

/** The same options; of each remote store it is noted how it answers, and measured how long that takes. */
export function withObservedPorts<Options extends { ports?: BoundaryPortsOptions }>(options: Options): Options {
  const observed = Object.fromEntries(
    remoteStores(options.ports).map(([name, store]) => [name, observedStore(name, store)] as const),
  ) as Partial<Record<StoreName, object>>;
  if (!Object.keys(observed).length) return options;
  const { delegatedTokens: store, ...stores } = observed;
  const delegatedTokens = store && { ...options.ports?.delegatedTokens, store };
  return { ...options, ports: { ...options.ports, ...stores, ...(delegatedTokens && { delegatedTokens }) } };
}

/** An answer that is there at once is that of a view in this process, and is not measured. */
function observedStore(name: StoreName, store: object): object {
  const methods = new Map<PropertyKey, unknown>();
  const observe = (operation: string, method: (...args: unknown[]) => unknown) =>
    function observed(...args: unknown[]): unknown {
      const answer = method.apply(store, args);
      // At boot there is time, and a failure stops it.
      return isPromise(answer) && operation !== 'subscribe' ? settled(operation, answer) : answer;
    };
  const settled = async (operation: string, answer: Promise<unknown>): Promise<unknown> => {
    const since = performance.now();
    try {
      const result = await withinDeadline(DEADLINES[name] ?? STORE_DEADLINE, () => answer);
      failuresOf(proxy).succeeded();
      observeStore(name, operation, (performance.now() - since) / 1000);
      return result;
    } catch (error) {
      failuresOf(proxy).failed();
      observeStore(name, operation, (performance.now() - since) / 1000, error);
      throw error;
    }
  };
  const proxy = new Proxy(store, {
    get(target, member) {
      const value: unknown = Reflect.get(target, member, target);
      if (typeof value !== 'function' || member === 'constructor') return value;
      if (!methods.has(member)) methods.set(member, observe(String(member), value as (...args: unknown[]) => unknown));
      return methods.get(member);
    },
  });
  return proxy;
}

const isPromise = (value: unknown): value is Promise<unknown> =>
  typeof (value as PromiseLike<unknown>)?.then === 'function';
