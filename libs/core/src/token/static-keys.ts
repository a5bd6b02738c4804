import { EieConfigurationError } from '../errors.js';
import { type JwkSet, KeySet, selectKey } from './jwk-set.js';
import { type KeySource } from './key-source.js';

/** What is wrong with a JWK Set. Behind the name of what has it. */
export const NOTHING_USABLE =
  'holds no usable public signature key: it must be { keys: [...] } with public keys, without "use: enc", of RSA with 2048 bits or more.';

/**
 * Keys written in the configuration. They never change while the process runs.
 *
 * @throws EieConfigurationError when none of them can be used
 * @example staticKeys({ keys: [publicJwk] })
 */
export function staticKeys(jwks: JwkSet): KeySource {
  const keys = KeySet.from(jwks);
  if (!keys) throw new EieConfigurationError(`staticKeys(): this JWK Set ${NOTHING_USABLE} ${KeySet.whyNone(jwks)}`);
  return {
    find: async header => selectKey(keys, header),
    holds: key => keys.holds(key),
    state: async () => ({ isUsable: true, isIssuerAway: false }),
  };
}
