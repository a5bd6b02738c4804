import { randomUUID } from 'node:crypto';
import { type ActorRef } from '../token/actor-chain.js';
import { type AccessToken } from '../token/claims-policy.js';
import { type IssuerPolicy } from '../token/issuer-policy.js';
import {
  type Actor, type Agent, type Authorization, createEnvelope, type DelegationMode, type EnvelopeParts, type ExecutionIdentityEnvelope,
} from './execution-identity-envelope.js';

/** The identity of one HTTP request, before it is known which handler runs: every envelope of the request derives from it. */
export interface AdmittedIdentity {
  readonly actor: Actor;
  readonly agent: Agent;
  readonly authorization: Authorization;
  readonly sessionId?: string;
  /** Of the credential, in seconds since the epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** A downstream service as far as the envelope is concerned. */
export interface TargetGrant {
  readonly name: string;
  readonly mode: DelegationMode;
  readonly scopes: readonly string[];
  /** Our scopes → scopes as the target names them, where it has names of its own. */
  readonly scopeMap?: Readonly<Record<string, readonly string[]>>;
  /** Services that it may call onward in the same identity, and the scopes it may use there. */
  readonly onward: Readonly<Record<string, readonly string[]>>;
  /** It takes each Txn-Token once: every call gets one of its own. Default false. */
  readonly singleUse?: boolean;
}

/**
 * Who acts, by the words of a verified token and the operator's registry. An agent is found in `act`, else in the
 * claim or the registry that is configured for the issuer, else the client stands in for it, with no more scopes than such clients may have.
 */
export function admit(token: AccessToken, policy: IssuerPolicy): AdmittedIdentity {
  const agent = agentOf(token, policy);
  const ceiling = agent.source === 'client' ? policy.unregisteredScopes : undefined;
  return Object.freeze({
    actor: Object.freeze({ type: token.type, issuer: token.issuer, sub: token.sub, ...(token.tenant !== undefined && { tenant: token.tenant }) }),
    agent,
    authorization: Object.freeze({
      scopes: ceiling ? Object.freeze(token.scopes.filter(scope => ceiling.includes(scope))) : token.scopes,
      confidence: token.confidence,
      ...(token.roles && { roles: token.roles }),
      ...(token.acr !== undefined && { acr: token.acr }),
      ...(token.amr && { amr: token.amr }),
      ...(token.authTime !== undefined && { authenticated_at: token.authTime }),
    }),
    ...(token.sid !== undefined && { sessionId: token.sid }),
    issuedAt: token.issuedAt,
    expiresAt: token.expiresAt,
  });
}

function agentOf({ act, agent, clientId, issuer }: AccessToken, policy: IssuerPolicy): Agent {
  const base = { type: 'mcp_agent', client_id: clientId } as const;
  const [outermost] = act;
  if (outermost) return Object.freeze({ ...base, issuer: outermost.issuer, id: outermost.sub, source: 'act', chain: act });
  const registered = agent ?? policy.agents.get(clientId);
  if (registered === undefined) return Object.freeze({ ...base, issuer, id: clientId, source: 'client', chain: [] });
  return Object.freeze({ ...base, issuer, id: registered, source: 'registry', chain: [{ issuer, sub: registered }] });
}

/** One envelope for one execution. `targets` are those the handler declares and the configuration knows. */
export function issue(
  admitted: AdmittedIdentity,
  execution: { issuer: string; traceId: string; targets: readonly TargetGrant[]; lifetime: number; now: number },
): ExecutionIdentityEnvelope {
  const modes = new Set(execution.targets.map(target => target.mode));
  const [mode] = modes;
  return createEnvelope({
    actor: admitted.actor,
    agent: admitted.agent,
    session: { ...(admitted.sessionId !== undefined && { id: admitted.sessionId }), trace_id: execution.traceId },
    authorization: admitted.authorization,
    delegation: { mode: modes.size === 1 && mode ? mode : 'service_identity', allowed: execution.targets.map(target => target.name) },
    meta: {
      version: 1,
      id: randomUUID(),
      issuer: execution.issuer,
      created_at: execution.now,
      expires_at: Math.min(admitted.expiresAt, execution.now + execution.lifetime),
    },
  });
}

/** The envelope as one target may see it: its mode, no more scopes than both have, and only itself and its onward targets. */
export function narrow(envelope: ExecutionIdentityEnvelope, target: TargetGrant, now: number, lifetime: number): ExecutionIdentityEnvelope {
  const onward = Object.values(target.onward).flat();
  const held = envelope.authorization.scopes.filter(scope => !target.scopes.includes(scope) && onward.includes(scope));
  return createEnvelope({
    ...envelope,
    authorization: {
      ...envelope.authorization,
      scopes: [...new Set([...targetScopes(envelope.authorization.scopes, target), ...held])].sort(),
    },
    delegation: { mode: target.mode, allowed: [target.name, ...Object.keys(target.onward)] },
    meta: { ...envelope.meta, created_at: now, expires_at: Math.min(envelope.meta.expires_at, now + lifetime) },
  });
}

/** The scopes to ask for at a target: what is held and may be used there, in the words of the target. */
export function targetScopes(held: readonly string[], { scopes, scopeMap }: TargetGrant): string[] {
  return [...new Set(held.filter(scope => scopes.includes(scope)).flatMap(scope => scopeMap?.[scope] ?? [scope]))].sort();
}

/** The agents that the inbound credential named. An agent that only our registry knows is not in a token's chain. */
export function inboundChain({ agent }: EnvelopeParts): readonly ActorRef[] {
  return agent.source === 'act' ? agent.chain : [];
}
