import { EieConfigurationError } from 'execution-identity';
import { type IssuerOptions } from '../options/issuer.options.js';

/**
 * What an operator may say beside what a preset needs. The issuer, and the claim that tells its access tokens from its
 * ID tokens, are the preset's own.
 */
export type PresetOverrides = Partial<Omit<IssuerOptions, 'issuer' | 'accessTokenClaim'>>;

/**
 * The preset with what the operator says instead. Claims and what is said of the exchange are replaced one by one; keys given as
 * `jwks` are not fetched.
 */
export function withOverrides(
  preset: IssuerOptions,
  { claims, exchange, ...overrides }: PresetOverrides,
): IssuerOptions {
  const jwksUri = overrides.jwks ? undefined : preset.jwksUri;
  return {
    ...preset,
    jwksUri,
    ...overrides,
    claims: { ...preset.claims, ...claims },
    exchange: { ...preset.exchange, ...exchange },
  };
}

/** @throws EieConfigurationError for anything but one plain word of a URL: with a scheme or a slash it would name another issuer */
export function plain(option: string, value: string, example: string): string {
  if (typeof value === 'string' && /^[\w.~-]+(:\d+)?$/.test(value)) return value;
  throw new EieConfigurationError(`${option} must be a plain name such as "${example}", without a scheme or a slash`);
}
