import { type RevocableIdentity } from '../ports/revocation-store.js';
import { type AdmittedIdentity, derivedOf } from './admitted-identity.js';
import { type EnvelopeParts, issuedSince } from './execution-identity-envelope.js';

/**
 * The fields of an identity that a revocation is compared with. The identity is that of a request or of a running execution, which is as old as the
 * credential that it was admitted by: where this process is ahead of the others, it was made after a revocation that it must end by.
 */
export function revocableIdentity(identity: AdmittedIdentity | EnvelopeParts): RevocableIdentity {
  const derived = derivedOf(identity);
  if (!derived) return revocable(identity);
  return (derived.revocable ??= Object.freeze(revocable(identity)));
}

function revocable(identity: AdmittedIdentity | EnvelopeParts): RevocableIdentity {
  const { actor, agent } = identity;
  const [sid, issuedAt] =
    'meta' in identity
      ? [identity.session.id, issuedSince(identity) ?? identity.meta.created_at]
      : [identity.sessionId, identity.issuedAt];
  const fields: { -readonly [K in keyof RevocableIdentity]: RevocableIdentity[K] } = {
    issuer: actor.issuer,
    sub: actor.sub,
    client_id: agent.client_id,
    agent: { issuer: agent.issuer, id: agent.id },
    issuedAt,
  };
  if (actor.tenant !== undefined) fields.tenant = actor.tenant;
  if (sid !== undefined) fields.sid = sid;
  return fields;
}
