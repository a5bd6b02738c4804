import { EXCHANGE_GRANTS } from '../options/exchange.options.js';
import { IdentityProvider } from '../options/identity-provider.js';
import { type IssuerOptions } from '../options/issuer.options.js';
import { type Finding } from './finding.js';

/** What the metadata of an issuer says of its token endpoint. */
export interface ExchangeMetadata {
  /** Whether it was had, or is given in the configuration. */
  readonly isKnown: boolean;
  readonly tokenEndpoint?: string;
  /** `grant_types_supported` (RFC 8414 §2), where it is there. */
  readonly grants?: readonly unknown[];
}

const check = 'issuer.exchange';
const TRY = 'Exchange one token there before users depend on it.';

/**
 * Whether tokens can be exchanged at an issuer, by the grant that its preset, or RFC 8693, asks with. It does NOT try: whether this very client may is
 * known when it does.
 */
export function exchangeFinding(
  { issuer, provider }: Pick<IssuerOptions, 'issuer' | 'provider'>,
  { isKnown, tokenEndpoint, grants }: ExchangeMetadata,
): Finding {
  const grant = EXCHANGE_GRANTS[IdentityProvider.exchangeOf(provider).dialect ?? 'rfc8693'];
  const asked = provider ? `${grant} (the preset ${provider.name} asks with it)` : grant;
  if (!isKnown) return warning(`Its metadata cannot be had, so whether ${issuer} supports ${grant} is not known.`, TRY);
  if (tokenEndpoint === undefined)
    return error(
      `The metadata of ${issuer} has no token_endpoint that may be called, and targets exchange tokens there.`,
      'Give the issuer "metadata: { tokenEndpoint }", or let the targets exchange at another issuer.',
    );
  if (!grants) {
    const message = `${issuer} has a token endpoint, and does not say which grants it supports: ${asked} is not ruled out.`;
    return provider ? { check, level: 'ok', message } : warning(message, TRY);
  }
  if (grants.includes(grant)) return { check, level: 'ok', message: `${issuer} supports ${asked}.` };
  if (provider) return warning(`The metadata of ${issuer} does not list ${asked}. Some providers leave it out.`, TRY);
  return error(
    `The metadata of ${issuer} does not list ${grant}, token exchange, which targets need.`,
    'Switch token exchange on there, use the preset of the provider, or give the targets mode "service_identity".',
  );
}

const warning = (message: string, fix: string): Finding => ({ check, level: 'warning', message, fix });
const error = (message: string, fix: string): Finding => ({ check, level: 'error', message, fix });
