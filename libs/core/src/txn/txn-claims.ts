import { defined } from '../defined.js';
import { EieError } from '../errors.js';
import { list, seconds, text, words } from '../token/claim-values.js';
import {
  type Delegation,
  DELEGATION_MODES,
  type DelegationMode,
  type EnvelopeParts,
} from '../identity/execution-identity-envelope.js';
import { approvalClaim, approvalIn } from './approval-claim.js';
import { type EnvelopeCodec } from './envelope-codec.js';
import { identityClaims, identityIn, identityMembers } from './identity-claims.js';
import { needed, oneOf, record } from './members.js';

/**
 * The mapping between an envelope and the claims of a Transaction Token (draft-ietf-oauth-transaction-tokens-08), and
 * everything here that depends on that draft. To add a field to the wire, add it to both functions.
 *
 * | envelope | claim |
 * |---|---|
 * | actor.sub, actor.type, actor.tenant, actor.issuer | `sub`, `sub_profile`, `tenant`, `rctx.idp` |
 * | agent.chain, agent.client_id, agent.source, agent.registered | `act` (nested), `client_id`, `tctx.eie.agent`, `tctx.eie.registered` |
 * | session.id, session.trace_id | `sid`, `rctx.trace_id` |
 * | authorization.scopes, roles, acr, amr, authenticated_at, confidence | `scope`, `roles`, `acr`, `amr`, `auth_time`, `tctx.eie.confidence` |
 * | delegation.allowed, the target first; its mode in delegation.modes | `tctx.eie.allowed`, `tctx.eie.mode` |
 * | delegation.onward | `tctx.eie.onward` |
 * | approval.id, by, approver, approved_at, expires_at, args_digest | `id`, `by`, `approver` (`iss`, `sub`), `iat`, `exp`, `args` of `tctx.eie.approval` |
 * | meta.id, meta.issuer, meta.created_at, meta.expires_at, meta.version | `txn`, `iss` and `req_wl`, `iat`, `exp`, `tctx.eie.v` |
 *
 * Not of the envelope: `jti`, the id of one use (RFC 7519 §4.1.7), in tokens for targets that take each of them once.
 */
export const transactionToken: EnvelopeCodec = Object.freeze<EnvelopeCodec>({
  // `Authorization` is never used for a Transaction Token.
  header: 'txn-token',
  typ: 'txntoken+jwt',
  encode: toTxnClaims,
  decode(claims) {
    // The workload that asked for it is the server that sealed it: no server seals for another.
    if (claims.req_wl !== claims.iss) throw new EieError('txn_token_invalid');
    const parts = fromTxnClaims(claims);
    const [notBefore, singleUseId] = [seconds(claims, 'nbf'), text(claims, 'jti')];
    return {
      parts,
      trustDomain: claims.aud,
      ...(notBefore !== undefined && { notBefore }),
      ...(singleUseId !== undefined && { singleUseId }),
    };
  },
});

/** @param parts of an envelope that has been narrowed to one target */
function toTxnClaims(parts: EnvelopeParts, trustDomain: string, singleUseId?: string): Record<string, unknown> {
  const { delegation, approval, meta } = parts;
  return defined({
    iss: meta.issuer,
    aud: trustDomain,
    iat: meta.created_at,
    exp: meta.expires_at,
    jti: singleUseId,
    txn: meta.id,
    req_wl: meta.issuer,
    ...identityClaims(parts),
    tctx: {
      eie: {
        v: meta.version,
        ...identityMembers(parts),
        mode: delegation.mode,
        allowed: delegation.allowed,
        onward: delegation.onward,
        approval: approvalClaim(approval),
      },
    },
  });
}

function fromTxnClaims(claims: Readonly<Record<string, unknown>>): EnvelopeParts {
  try {
    const eie = record(record(claims.tctx).eie);
    const issuer = needed(text(claims, 'iss'));
    if (eie.v !== 1) throw new EieError('txn_token_invalid');
    const identity = identityIn(claims, eie);
    const approval = approvalIn(eie.approval, identity.actor);
    return {
      ...identity,
      delegation: delegationOf(oneOf(DELEGATION_MODES, eie.mode), needed(list(eie, 'allowed')), onwardOf(eie.onward)),
      ...(approval && { approval }),
      meta: {
        version: 1,
        id: needed(text(claims, 'txn')),
        issuer,
        created_at: needed(seconds(claims, 'iat')),
        expires_at: needed(seconds(claims, 'exp')),
      },
    };
  } catch {
    throw new EieError('txn_token_invalid');
  }
}

/** The mode is that of the first name: the target for which the token was sealed. */
function delegationOf(mode: DelegationMode, allowed: readonly string[], onward: Delegation['onward']): Delegation {
  const modes = Object.fromEntries(allowed.slice(0, 1).map(name => [name, mode]));
  return { allowed, modes, mode, ...(onward && { onward }) };
}

/** Absent where it names nobody. A list stands for each name: a text of several scopes is another format. */
function onwardOf(value: unknown): Delegation['onward'] {
  const onward = value === undefined ? {} : record(value);
  const names = Object.keys(onward);
  if (!names.every(name => Array.isArray(onward[name]))) throw new EieError('txn_token_invalid');
  return names.length ? Object.fromEntries(names.map(name => [name, words(onward, name)])) : undefined;
}
