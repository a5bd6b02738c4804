import { EieError } from '../errors.js';
import { type IssuerPolicy } from '../token/issuer-policy.js';
import { type AdmittedIdentity, admittedIdentity } from './admitted-identity.js';
import { type Actor, type Agent, type Authorization, type Session } from './execution-identity-envelope.js';
import { chainOf, freezeList } from './frozen.js';
import { effectiveScopes, isConfigured, rightsOfToken } from './rights.js';

/** Whose job it is, as its server has sealed it. It is NOT an identity to act in: what it may do now is not decided yet. */
export interface SealedIdentity {
  readonly actor: Actor;
  readonly agent: Agent;
  /** A claim of the token has named the agent, where its `source` is `registry`; otherwise the registry has. */
  readonly isAgentClaimed: boolean;
  readonly session: Session;
  readonly authorization: Authorization;
  /** Seconds since the epoch: when the token of the identity was issued. */
  readonly issuedAt: number;
  /** Seconds since the epoch. */
  readonly expiresAt: number;
  /** The id of the envelope of the execution that has sealed it. */
  readonly startedBy: string;
}

/**
 * The identity of an opened job by what the configuration says now: its tenant must still be one of its issuer, an agent that was registered must
 * still be, and its scopes are those that were sealed and that the agent and the tenant allow now.
 *
 * It does NOT look at a token: roles and the login are those of the moment in which the job was sealed. It does NOT ask a source of agents: see
 * {@link stillRegistered}.
 */
export function admitJob(job: SealedIdentity, policy: IssuerPolicy): AdmittedIdentity {
  const { actor, authorization, session } = job;
  if (actor.issuer !== policy.issuer) throw new EieError('issuer_unknown');
  if (actor.tenant !== undefined ? !policy.tenants.includes(actor.tenant) : isTenantNeeded(actor, policy))
    throw new EieError('tenant_refused');
  const { registered: _then, ...named } = job.agent;
  const { isAgentClaimed } = job;
  const registered = isAgentClaimed ? policy.claims.agent !== undefined : isRegistered(named, policy);
  const agent: Agent = Object.freeze({ ...named, chain: chainOf(named.chain), ...(registered && { registered }) });
  const rights = rightsOfToken(authorization.scopes, { actor, agent }, policy);
  const { roles, amr } = authorization;
  return admittedIdentity(
    {
      actor: Object.freeze({ ...actor }),
      agent,
      authorization: Object.freeze({
        ...authorization,
        scopes: freezeList(effectiveScopes(rights)),
        ...(roles && { roles: freezeList(roles) }),
        ...(amr && { amr: freezeList(amr) }),
      }),
      ...(session.id !== undefined && { sessionId: session.id }),
      issuedAt: job.issuedAt,
      expiresAt: job.expiresAt,
    },
    rights,
    { isAgentClaimed },
  );
}

/** @throws EieError `agent_unregistered` for an agent that was registered when the job was sealed, and now is not */
export function stillRegistered(job: SealedIdentity, { agent }: AdmittedIdentity): void {
  if (job.agent.registered && !agent.registered) throw new EieError('agent_unregistered');
}

const isTenantNeeded = ({ type }: Actor, { tenants }: IssuerPolicy): boolean => type === 'user' && tenants.length > 0;

/** An agent that `act` names is registered under its own id; one that an entry of its client has named, as long as there is that entry. */
const isRegistered = (agent: Agent, policy: IssuerPolicy): boolean =>
  agent.source === 'registry' ? policy.agents.get(agent.client_id)?.id === agent.id : isConfigured(agent, policy);
