import { isNone, type ProviderFixture } from './fixture.js';
import { type ProviderKeys } from './sign.js';

/**
 * `ok`; `none: why`, where the provider has none of it; `refused: what to do instead`; `tested in` another spec; or `failed: what happened`.
 */
export type Verdict = 'ok' | `${'none' | 'refused' | 'tested in' | 'failed'}: ${string}`;

/** The key set and the discovery document of a provider. */
export function hostsOf({ discovery, keys }: ProviderFixture, { jwks }: ProviderKeys) {
  let fetched = 0;
  const hosts: Record<string, (body: string) => object> = {};
  if (!isNone(discovery)) hosts[discovery.url] = () => discovery.document;
  if (!isNone(keys)) hosts[keys.url] = () => (fetched++, jwks);
  return { hosts, keysWereFetched: (): Verdict => (fetched ? 'ok' : 'failed: nobody asked for the keys') };
}
