import { type BearerError, type EieError, wireOf } from '../eie.error.js';

/** The well-known URLs of the protected resource metadata of a resource: RFC 9728 §3.1. */
export function metadataUrls(resource: string): { root: string; pathAware: string } {
  const { origin, pathname, search } = new URL(resource);
  const root = `${origin}/.well-known/oauth-protected-resource`;
  return { root, pathAware: `${root}${pathname === '/' ? '' : pathname}${search}` };
}

/**
 * The `WWW-Authenticate` value for a refusal (RFC 6750 §3, RFC 9728 §5.1), or `undefined` when the refusal is not one
 * that other credentials could cure. It never says why a token is invalid.
 */
export function challenge(error: EieError, resource: string): string | undefined {
  const { challenge: wire } = wireOf(error.code);
  if (!wire) return undefined;
  const parameters: [string, string | undefined][] = [
    ['error', wire.error],
    ['error_description', wire.error && DESCRIPTIONS[wire.error]],
    ['scope', error.scopes.length ? error.scopes.join(' ') : undefined],
    ['resource_metadata', metadataUrls(resource).pathAware],
  ];
  return `Bearer ${parameters.filter(([, value]) => value !== undefined).map(([name, value]) => `${name}="${value}"`).join(', ')}`;
}

const DESCRIPTIONS: Record<BearerError, string> = {
  invalid_request: 'The request carries its credential in a way that is not allowed',
  invalid_token: 'The access token is invalid or expired',
  insufficient_scope: 'The access token lacks a scope of this operation',
};
