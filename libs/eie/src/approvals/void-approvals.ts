import { type ApprovalStore, type RequestedApproval, type RevocableIdentity } from 'execution-identity';
import { type IdentityRevocation } from '../revocation/identity-revocation.service.js';

type Voidable = Pick<RequestedApproval, 'requester' | 'requestedAt' | 'decision'>;

/** Of a party that is known by its issuer and its `sub` alone: a revocation that names more does not name it. */
const NOBODY = { client_id: '', agent: { issuer: '', id: '' } };

/**
 * Whether an approval counts no more: who asked, or who has decided, was revoked since. A later login of the same user asks anew. Of who has
 * decided only issuer, `sub` and tenant are known: what they approved counts when only their session ends.
 *
 * @throws EieError `revocation_unavailable`
 */
export async function isVoid(approval: Voidable, revocation: IdentityRevocation): Promise<boolean> {
  // A store that answers nonsense approves nothing.
  if (typeof (approval as Partial<Voidable>).requester !== 'object') return true;
  for (const party of partiesOf(approval)) if (await revocation.isRevoked(party)) return true;
  return false;
}

/**
 * Makes room for a new question about the same call. A store gives an approval up when it is used, so one that waits is decided first: that it is
 * void is seen wherever it is used. A denial stays: it counts until the question expires.
 *
 * @param now seconds since the epoch
 */
export async function removeVoid(approval: RequestedApproval, store: ApprovalStore, now: number): Promise<void> {
  const { id, binding, requester, decision } = approval;
  if (decision?.approved === false) return;
  const { issuer, sub } = requester;
  if (!decision) await store.decide(id, { approved: true, issuer, sub, at: now }, now);
  await store.consume(id, binding, now);
}

function partiesOf({ requester, requestedAt, decision }: Voidable): RevocableIdentity[] {
  const { issuer, sub, client_id, tenant, sid, agents } = requester;
  const [outermost] = agents;
  const ofTenant = tenant === undefined ? {} : { tenant };
  const asking = {
    issuer,
    sub,
    client_id,
    ...ofTenant,
    ...(sid !== undefined && { sid }),
    agent: outermost ? { issuer: outermost.issuer, id: outermost.sub } : NOBODY.agent,
    issuedAt: requestedAt,
  };
  if (!decision) return [asking];
  return [asking, { ...NOBODY, ...ofTenant, issuer: decision.issuer, sub: decision.sub, issuedAt: decision.at }];
}
