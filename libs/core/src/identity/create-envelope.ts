import { freezeApproval } from './approval.js';
import { type EnvelopeParts, envelopeOfFrozen } from './execution-identity-envelope.js';
import { chainOf, freezeList, freezeRights } from './frozen.js';

/** Makes an envelope of copies of any parts. No entry point exports it: `narrow` and `openSealed` alone do this. */
export function createEnvelope({ actor, agent, session, authorization, delegation, approval, meta }: EnvelopeParts) {
  const { scopes, roles, amr } = authorization;
  const { allowed, modes, onward } = delegation;
  return envelopeOfFrozen({
    actor: Object.freeze({ ...actor }),
    agent: Object.freeze({ ...agent, chain: chainOf(agent.chain) }),
    session: Object.freeze({ ...session }),
    authorization: Object.freeze({
      ...authorization,
      scopes: freezeList(scopes),
      ...(roles && { roles: freezeList(roles) }),
      ...(amr && { amr: freezeList(amr) }),
    }),
    delegation: Object.freeze({
      ...delegation,
      allowed: freezeList(allowed),
      modes: Object.freeze({ ...modes }),
      ...(onward && { onward: freezeRights(onward) }),
    }),
    ...(approval && { approval: freezeApproval(approval) }),
    meta: Object.freeze({ ...meta }),
  });
}
