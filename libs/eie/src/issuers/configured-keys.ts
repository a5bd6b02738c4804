import {
  EieConfigurationError,
  type JwkSet,
  type KeySource,
  type KeySourceIo,
  remoteKeys,
  staticKeys,
} from 'execution-identity';
import { KeySet, NOTHING_USABLE } from 'execution-identity/internal';

/** Where the options say that an issuer has its keys: in a set that is written there, or else at a URL. */
export interface ConfiguredKeys {
  readonly issuer: string;
  readonly jwks?: JwkSet;
  /** The options have been checked: http is called only where they allow it. */
  readonly jwksUri?: string | (() => Promise<string>);
  readonly maxKeyAge?: number;
}

/**
 * @param option in which keys are written, for the message
 * @throws EieConfigurationError naming the option, when none of the written keys can be used
 */
export function configuredKeys(
  { issuer, jwks, jwksUri = '', maxKeyAge }: ConfiguredKeys,
  option: string,
  io: KeySourceIo,
): KeySource {
  if (!jwks) {
    const locate = typeof jwksUri === 'string' ? () => Promise.resolve(jwksUri) : jwksUri;
    return remoteKeys(locate, { ...io, ...(maxKeyAge !== undefined && { maxKeyAge }) });
  }
  try {
    return staticKeys(jwks);
  } catch (error) {
    if (!(error instanceof EieConfigurationError)) throw error;
    throw new EieConfigurationError(`${option} ${NOTHING_USABLE} It is that of ${issuer}. ${KeySet.whyNone(jwks)}`);
  }
}
