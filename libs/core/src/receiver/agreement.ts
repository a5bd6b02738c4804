import { type ExecutionIdentityEnvelope } from '../identity/execution-identity-envelope.js';
import { inboundChain } from '../identity/narrow.js';
import { sameChain } from '../token/actor-chain.js';
import { type AccessToken } from '../token/access-token.js';

/** Which OAuth client may present the Txn-Tokens of a sealing server: nobody else's access token goes with them. */
export interface Presenter {
  /** `req_wl` of the Txn-Token: the resource identifier of the sealing server. */
  readonly workload: string;
  readonly issuer: string;
  readonly clientId: string;
  /**
   * False, the default: the client of the sealing server itself, for calls to the service that the Txn-Token was sealed
   * for. True: the client of a service that received the Txn-Token and passes it on to a service that it names further.
   * One never counts for the other.
   */
  readonly forwards?: boolean;
}

/**
 * Whether the access token is one that may come with this envelope to this service. Called by the sealing server itself,
 * it is what the mode of the envelope says: the server's own, exchanged with it as actor, or issued anew for the user.
 * Called onward, it is a forwarding service's own, and the user travels in the envelope alone.
 *
 * Does NOT compare rights: those are the ones that both grant.
 */
export function agree(
  token: AccessToken,
  envelope: ExecutionIdentityEnvelope,
  service: string,
  presenters: readonly Presenter[],
): boolean {
  const {
    delegation: { mode, allowed },
    meta,
  } = envelope;
  const [sealedFor] = allowed;
  const isForwarded = service !== sealedFor;
  const presents = (issuer: string, clientId: string): boolean =>
    presenters.some(
      one =>
        one.workload === meta.issuer &&
        one.issuer === issuer &&
        one.clientId === clientId &&
        (one.forwards ?? false) === isForwarded,
    );
  const isPresentersOwn = token.type === 'service' && token.act.length === 0 && presents(token.issuer, token.clientId);
  if (isForwarded) return isPresentersOwn;
  const [outermost, ...under] = token.act;
  switch (mode) {
    case 'service_identity':
      return isPresentersOwn;
    case 'on_behalf_of':
      return (
        sameUser(token, envelope) &&
        outermost !== undefined &&
        presents(outermost.issuer, outermost.sub) &&
        sameChain(under, inboundChain(envelope))
      );
    case 'restricted_user':
      return (
        sameUser(token, envelope) &&
        presents(token.issuer, token.clientId) &&
        sameChain(token.act, inboundChain(envelope))
      );
    case undefined:
      return false;
  }
}

function sameUser(token: AccessToken, { actor }: ExecutionIdentityEnvelope): boolean {
  return (
    token.type === 'user' &&
    actor.type === 'user' &&
    token.issuer === actor.issuer &&
    token.sub === actor.sub &&
    token.tenant === actor.tenant
  );
}
