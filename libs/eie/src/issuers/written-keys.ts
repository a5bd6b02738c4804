import { EieConfigurationError, type JwkSet, type KeySource, staticKeys } from 'execution-identity';
import { NOTHING_USABLE } from 'execution-identity/internal';

/** Where a JWK Set is written, for the message. */
interface Written {
  readonly option: string;
  readonly issuer: string;
}

/**
 * Keys that are written in the options.
 *
 * @throws EieConfigurationError naming the option, when none of them can be used
 */
export function writtenKeys(jwks: JwkSet, { option, issuer }: Written): KeySource {
  try {
    return staticKeys(jwks);
  } catch (error) {
    if (!(error instanceof EieConfigurationError)) throw error;
    throw new EieConfigurationError(`${option} ${NOTHING_USABLE} It is that of ${issuer}.`);
  }
}
