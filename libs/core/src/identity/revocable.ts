import { type RevocableIdentity } from '../ports/revocation-store.js';
import { type AdmittedIdentity } from './admitted-identity.js';
import { type EnvelopeParts } from './execution-identity-envelope.js';

/** An identity as revocations are compared with it: that of a request, or that of a running execution. */
export function revocableIdentity(identity: AdmittedIdentity | EnvelopeParts): RevocableIdentity {
  const { actor, agent } = identity;
  const [sid, issuedAt] =
    'meta' in identity ? [identity.session.id, identity.meta.created_at] : [identity.sessionId, identity.issuedAt];
  return {
    issuer: actor.issuer,
    sub: actor.sub,
    ...(actor.tenant !== undefined && { tenant: actor.tenant }),
    client_id: agent.client_id,
    agent: { issuer: agent.issuer, id: agent.id },
    ...(sid !== undefined && { sid }),
    issuedAt,
  };
}
