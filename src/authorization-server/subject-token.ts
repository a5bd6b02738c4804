import type { JWTPayload } from 'jose';
import type { Actor } from './claims.js';
import { errors } from './oidc-provider.js';
import type { Registry } from './registry.js';
import type { SigningKey } from './signing-key.js';

export interface Subject extends JWTPayload {
  sub: string;
  exp: number;
  sub_profile?: string;
  scope?: string;
  act?: Actor;
  may_act?: unknown;
}

/** JWT access tokens are not stored, so the signature is all there is to know one of our own by. */
export async function verifySubject(token: string, issuer: string, key: SigningKey): Promise<Subject> {
  try {
    return await key.verifyAccessToken<Subject>(token, issuer);
  } catch {
    throw new errors.InvalidRequest('subject_token is not a valid access token of this server');
  }
}

export function checkUser(subject: Subject, registry: Registry): void {
  if (subject.sub_profile !== 'user' || !registry.account(subject.sub)) {
    throw new errors.InvalidRequest('subject_token is not the token of a user');
  }
}

/** Whoever holds a stolen token is not thereby allowed to exchange it: it must have been sent to this client. */
export function checkRequester(subject: Subject, clientId: string, issuer: string, registry: Registry): void {
  const own = registry.client(clientId)?.resource_id;
  if (own === undefined || ![subject.aud].flat().includes(own)) {
    throw new errors.InvalidRequest('subject_token was not issued for this client');
  }
  if (subject.may_act === undefined) return;
  const { sub, iss = issuer } = Object(subject.may_act) as { sub?: unknown; iss?: unknown };
  if (sub !== clientId || iss !== issuer) {
    throw new errors.InvalidRequest('subject_token names another actor in may_act');
  }
}
