import { defined } from '../defined.js';
import { EieError } from '../errors.js';
import { type Agent, type EnvelopeParts } from '../identity/execution-identity-envelope.js';
import { actorChain } from '../token/actor-chain.js';
import { list, seconds, text, words } from '../token/claim-values.js';
import { needed, oneOf, record } from './members.js';

const CONFIDENCES = ['verified', 'introspected', 'configured'] as const;
const AGENT_SOURCES = ['act', 'registry', 'client', 'configuration'] as const;

/** Who acts, and with which rights: what a Transaction Token and a sealed job say in the same claims. */
export type IdentityParts = Pick<EnvelopeParts, 'actor' | 'agent' | 'session' | 'authorization'>;

/** The claims of an identity, without what stands in `tctx.eie`: see {@link identityMembers}. */
export const identityClaims = ({ actor, agent, session, authorization }: IdentityParts): Record<string, unknown> =>
  defined({
    sub: actor.sub,
    sub_profile: actor.type,
    tenant: actor.tenant,
    scope: authorization.scopes.join(' '),
    roles: authorization.roles,
    act: nested(agent),
    client_id: agent.client_id,
    sid: session.id,
    acr: authorization.acr,
    amr: authorization.amr,
    auth_time: authorization.authenticated_at,
    rctx: { idp: actor.issuer, trace_id: session.trace_id },
  });

/** What an identity says in `tctx.eie`. */
export const identityMembers = ({ agent, authorization }: IdentityParts): Record<string, unknown> => ({
  confidence: authorization.confidence,
  agent: agent.source,
  registered: agent.registered,
});

/**
 * @param eie the object at `tctx.eie`
 * @throws EieError `txn_token_invalid` for anything missing or of a wrong shape
 */
export function identityIn(
  claims: Readonly<Record<string, unknown>>,
  eie: Readonly<Record<string, unknown>>,
): IdentityParts {
  const rctx = record(claims.rctx);
  const idp = needed(text(rctx, 'idp'));
  if (typeof claims.scope !== 'string') throw new EieError('txn_token_invalid');
  return {
    actor: defined({
      type: oneOf(['user', 'service'] as const, claims.sub_profile),
      issuer: idp,
      sub: needed(text(claims, 'sub')),
      tenant: text(claims, 'tenant'),
    }),
    agent: agentIn(claims, idp, eie),
    session: defined({ id: text(claims, 'sid'), trace_id: needed(text(rctx, 'trace_id')) }),
    authorization: defined({
      scopes: words(claims, 'scope'),
      roles: list(claims, 'roles'),
      confidence: oneOf(CONFIDENCES, eie.confidence),
      acr: text(claims, 'acr'),
      amr: list(claims, 'amr'),
      authenticated_at: seconds(claims, 'auth_time'),
    }),
  };
}

function nested({ chain }: Agent): Record<string, unknown> | undefined {
  return chain.reduceRight<Record<string, unknown> | undefined>(
    (act, one) => defined({ iss: one.issuer, sub: one.sub, sub_profile: 'ai_agent', act }),
    undefined,
  );
}

function agentIn(
  claims: Readonly<Record<string, unknown>>,
  idp: string,
  eie: Readonly<Record<string, unknown>>,
): Agent {
  const source = oneOf(AGENT_SOURCES, eie.agent);
  const chain = actorChain(claims.act, idp);
  const client_id = needed(text(claims, 'client_id'));
  const [outermost] = chain;
  if ((outermost === undefined) !== (source === 'client')) throw new EieError('txn_token_invalid');
  const { issuer, sub } = outermost ?? { issuer: idp, sub: client_id };
  const agent = { type: 'mcp_agent', issuer, id: sub, client_id, source, chain } as const;
  if (eie.registered === undefined) return agent;
  // A client that stands in for an agent is none that somebody has registered.
  if (source === 'client') throw new EieError('txn_token_invalid');
  return { ...agent, registered: oneOf([true] as const, eie.registered) };
}
