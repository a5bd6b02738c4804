import { EieError } from '../../eie.error.js';
import { type ExecutionIdentityEnvelope } from '../../envelope/execution-identity-envelope.js';
import { inboundChain } from '../../envelope/issue.js';
import { openSealed, restrict, type SealTrust } from '../../envelope/seal.js';
import { sameChain } from '../../token/actor-chain.js';
import { type AccessToken } from '../../token/claims-policy.js';
import { type IssuerPolicy } from '../../token/issuer-policy.js';
import { parseCompactJws } from '../../token/compact-jws.js';
import { verifyParsedToken } from '../../token/verify-access-token.js';

/** Which OAuth client a sealing server is: whoever seals as `workload` calls with tokens of this client and no other. */
export interface Presenter {
  /** `req_wl` of the Txn-Token: the resource identifier of the sealing server. */
  readonly workload: string;
  readonly issuer: string;
  readonly clientId: string;
}

/** What a downstream service believes. */
export interface ReceiverPolicy {
  /** The name under which callers configure this service as a target. */
  readonly service: string;
  readonly issuers: ReadonlyMap<string, IssuerPolicy>;
  readonly trust: SealTrust;
  readonly presenters: readonly Presenter[];
}

/** The two credentials of a delegated call. Neither is enough alone. */
export interface DelegatedCredentials {
  readonly accessToken: string;
  readonly txnToken: string | undefined;
}

/**
 * Verifies a delegated call: the access token was issued for this service, the Txn-Token was sealed by a trusted server
 * and names this service, and the two agree about who acts. The rights of the identity it returns are those that both
 * grant. It does NOT authorize: compare `authorization.scopes` with what the operation needs.
 *
 * @param now seconds since the epoch
 * @throws EieError with a code of admission; `txn_token_missing`, `txn_token_invalid`, `txn_token_expired`,
 * `service_not_named`, `credential_mismatch`
 */
export async function verifyDelegatedCall(credentials: DelegatedCredentials, policy: ReceiverPolicy, now: number): Promise<ExecutionIdentityEnvelope> {
  const token = await verifyCallersToken(credentials.accessToken, policy, now);
  if (credentials.txnToken === undefined) throw new EieError('txn_token_missing');
  const envelope = await openSealed(credentials.txnToken, policy.trust, now);
  if (!envelope.delegation.allowed.includes(policy.service)) throw new EieError('service_not_named');
  if (!agree(token, envelope, policy.presenters)) throw new EieError('credential_mismatch');
  return restrict(envelope, token.scopes);
}

async function verifyCallersToken(compact: string, { issuers }: ReceiverPolicy, now: number): Promise<AccessToken> {
  const jws = parseCompactJws(compact);
  const policy = typeof jws.claims.iss === 'string' ? issuers.get(jws.claims.iss) : undefined;
  if (!policy) throw new EieError('issuer_unknown');
  return (await verifyParsedToken(jws, policy, now)).token;
}

/** Whether the access token is the one that the sealing server would present for this envelope. */
function agree(token: AccessToken, envelope: ExecutionIdentityEnvelope, presenters: readonly Presenter[]): boolean {
  const presents = (issuer: string, clientId: string): boolean =>
    presenters.some(one => one.workload === envelope.meta.issuer && one.issuer === issuer && one.clientId === clientId);
  const [outermost, ...under] = token.act;
  switch (envelope.delegation.mode) {
    case 'service_identity':
      return token.type === 'service' && !outermost && presents(token.issuer, token.clientId);
    case 'on_behalf_of':
      return sameUser(token, envelope) && outermost !== undefined && presents(outermost.issuer, outermost.sub) && sameChain(under, inboundChain(envelope));
    case 'restricted_user':
      return sameUser(token, envelope) && presents(token.issuer, token.clientId) && sameChain(token.act, inboundChain(envelope));
  }
}

function sameUser(token: AccessToken, { actor }: ExecutionIdentityEnvelope): boolean {
  return token.type === 'user' && actor.type === 'user' && token.issuer === actor.issuer && token.sub === actor.sub && token.tenant === actor.tenant;
}
