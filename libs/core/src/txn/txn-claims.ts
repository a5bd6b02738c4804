import { defined } from '../defined.js';
import { EieError } from '../errors.js';
import { actorChain } from '../token/actor-chain.js';
import { list, seconds, text, words } from '../token/claim-values.js';
import {
  type Agent,
  type Delegation,
  DELEGATION_MODES,
  type DelegationMode,
  type EnvelopeParts,
} from '../identity/execution-identity-envelope.js';
import { type EnvelopeCodec } from './envelope-codec.js';

/**
 * The mapping between an envelope and the claims of a Transaction Token (draft-ietf-oauth-transaction-tokens-08), and
 * everything here that depends on that draft. To add a field to the wire, add it to both functions.
 *
 * | envelope | claim |
 * |---|---|
 * | actor.sub, actor.type, actor.tenant, actor.issuer | `sub`, `sub_profile`, `tenant`, `rctx.idp` |
 * | agent.chain, agent.client_id, agent.source | `act` (nested), `client_id`, `tctx.eie.agent` |
 * | session.id, session.trace_id | `sid`, `rctx.trace_id` |
 * | authorization.scopes, roles, acr, amr, authenticated_at, confidence | `scope`, `roles`, `acr`, `amr`, `auth_time`, `tctx.eie.confidence` |
 * | delegation.allowed, the target first; its mode in delegation.modes | `tctx.eie.allowed`, `tctx.eie.mode` |
 * | delegation.onward | `tctx.eie.onward` |
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

const CONFIDENCES = ['verified', 'introspected', 'configured'] as const;
const AGENT_SOURCES = ['act', 'registry', 'client', 'configuration'] as const;

/** @param parts of an envelope that has been narrowed to one target */
function toTxnClaims(
  { actor, agent, session, authorization, delegation, meta }: EnvelopeParts,
  trustDomain: string,
  singleUseId?: string,
): Record<string, unknown> {
  return defined({
    iss: meta.issuer,
    aud: trustDomain,
    iat: meta.created_at,
    exp: meta.expires_at,
    jti: singleUseId,
    txn: meta.id,
    sub: actor.sub,
    sub_profile: actor.type,
    tenant: actor.tenant,
    scope: authorization.scopes.join(' '),
    roles: authorization.roles,
    req_wl: meta.issuer,
    act: nested(agent),
    client_id: agent.client_id,
    sid: session.id,
    acr: authorization.acr,
    amr: authorization.amr,
    auth_time: authorization.authenticated_at,
    rctx: { idp: actor.issuer, trace_id: session.trace_id },
    tctx: {
      eie: {
        v: meta.version,
        confidence: authorization.confidence,
        agent: agent.source,
        mode: delegation.mode,
        allowed: delegation.allowed,
        onward: delegation.onward,
      },
    },
  });
}

function fromTxnClaims(claims: Readonly<Record<string, unknown>>): EnvelopeParts {
  try {
    const rctx = record(claims.rctx);
    const eie = record(record(claims.tctx).eie);
    const issuer = needed(text(claims, 'iss'));
    const idp = needed(text(rctx, 'idp'));
    if (eie.v !== 1 || typeof claims.scope !== 'string') throw new EieError('txn_token_invalid');
    return {
      actor: defined({
        type: oneOf(['user', 'service'] as const, claims.sub_profile),
        issuer: idp,
        sub: needed(text(claims, 'sub')),
        tenant: text(claims, 'tenant'),
      }),
      agent: agentOf(claims, idp, oneOf(AGENT_SOURCES, eie.agent)),
      session: defined({ id: text(claims, 'sid'), trace_id: needed(text(rctx, 'trace_id')) }),
      authorization: defined({
        scopes: words(claims, 'scope'),
        roles: list(claims, 'roles'),
        confidence: oneOf(CONFIDENCES, eie.confidence),
        acr: text(claims, 'acr'),
        amr: list(claims, 'amr'),
        authenticated_at: seconds(claims, 'auth_time'),
      }),
      delegation: delegationOf(oneOf(DELEGATION_MODES, eie.mode), needed(list(eie, 'allowed')), onwardOf(eie.onward)),
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

function nested({ chain }: Agent): Record<string, unknown> | undefined {
  return chain.reduceRight<Record<string, unknown> | undefined>(
    (act, one) => defined({ iss: one.issuer, sub: one.sub, sub_profile: 'ai_agent', act }),
    undefined,
  );
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

function agentOf(claims: Readonly<Record<string, unknown>>, idp: string, source: Agent['source']): Agent {
  const chain = actorChain(claims.act, idp);
  const client_id = needed(text(claims, 'client_id'));
  const [outermost] = chain;
  if ((outermost === undefined) !== (source === 'client')) throw new EieError('txn_token_invalid');
  const { issuer, sub } = outermost ?? { issuer: idp, sub: client_id };
  return { type: 'mcp_agent', issuer, id: sub, client_id, source, chain };
}

function record(value: unknown): Record<string, unknown> {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw new EieError('txn_token_invalid');
  return value as Record<string, unknown>;
}

function needed<T>(value: T | undefined): T {
  if (value === undefined) throw new EieError('txn_token_invalid');
  return value;
}

function oneOf<T extends string>(values: readonly T[], value: unknown): T {
  return needed(values.find(one => one === value));
}
