import type { JWTPayload } from 'jose';
import type { Actor } from './actors.js';
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

export interface SubjectTokenParts {
  issuer: string;
  registry: Registry;
  key: SigningKey;
}

/**
 * What a user's access token says that was sent to this client, which now wants another one for it.
 *
 * @throws InvalidRequest for any other token
 */
export async function readSubjectToken(token: string, clientId: string, parts: SubjectTokenParts): Promise<Subject> {
  const subject = await verifySubject(token, parts);
  checkUser(subject, parts);
  checkRequester(subject, clientId, parts);
  return subject;
}

/** JWT access tokens are not stored, so the signature is all there is to know one of our own by. */
async function verifySubject(token: string, { issuer, key }: SubjectTokenParts): Promise<Subject> {
  try {
    return await key.verifyAccessToken<Subject>(token, issuer);
  } catch {
    throw new errors.InvalidRequest('subject_token is not a valid access token of this server');
  }
}

function checkUser(subject: Subject, { registry }: SubjectTokenParts): void {
  if (subject.sub_profile !== 'user' || !registry.account(subject.sub)) {
    throw new errors.InvalidRequest('subject_token is not the token of a user');
  }
}

/** Whoever holds a stolen token is not thereby allowed to exchange it: it must have been sent to this client. */
function checkRequester(subject: Subject, clientId: string, { issuer, registry }: SubjectTokenParts): void {
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
