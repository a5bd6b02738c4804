import { createLocalJWKSet, type JWTPayload, jwtVerify } from 'jose';
import { jwks } from '../presets/providers.js';
import { refuse } from './token-endpoint.js';

/** What one parameter must be. */
type Rule = string | RegExp | { optional: string | RegExp };

export const TOKEN_EXCHANGE = 'urn:ietf:params:oauth:grant-type:token-exchange';
export const ACCESS_TOKEN = 'urn:ietf:params:oauth:token-type:access_token';
export const JWT = 'urn:ietf:params:oauth:token-type:jwt';
/** Scopes of the target. */
export const SCOPES = /^[\w:./-]+( [\w:./-]+)*$/;
export const ANYTHING = /./;

/** Each parameter is one of these, and as it must be: a provider ignores what it does not know, its fake does not. */
export function demand(parameters: Record<string, string>, rules: Record<string, Rule>): void {
  const unknown = Object.keys(parameters).filter(name => !(name in rules));
  if (unknown.length) refuse(400, 'invalid_request', `Unknown: ${unknown.join(', ')}`);
  for (const [name, rule] of Object.entries(rules)) {
    const [value, wanted] = [parameters[name], typeof rule === 'object' && 'optional' in rule ? rule.optional : rule];
    if (value === undefined && wanted !== rule) continue;
    const isRight = value !== undefined && (typeof wanted === 'string' ? value === wanted : wanted.test(value));
    if (!isRight) refuse(400, 'invalid_request', `Wrong or missing: ${name}`);
  }
}

/** The claims of a token that this issuer has signed and that has not expired. Whom it is for, each provider checks itself. */
export async function issuedBy(issuer: string, token: string): Promise<JWTPayload | undefined> {
  return jwtVerify(token, createLocalJWKSet(jwks), { issuer }).then(
    ({ payload }) => payload,
    () => undefined,
  );
}

export const isFor = (claims: JWTPayload, audience: string): boolean => [claims.aud].flat().includes(audience);

export const words = (scope: string | undefined): string[] => (scope ?? '').split(' ').filter(Boolean);
