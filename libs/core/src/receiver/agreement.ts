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
 * Whether this access token may accompany this envelope at this service. When the sealing server itself calls, the token must be what
 * the mode of the envelope says: the server's own token, a token exchanged with the server as actor, or a token reissued for the
 * user. When a service forwards the envelope, the token must be that service's own, and only the envelope names the user.
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
    default:
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
