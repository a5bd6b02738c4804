import { EieError } from '../errors.js';
import { type AccessToken } from '../token/access-token.js';
import { type IssuerPolicy } from '../token/issuer-policy.js';
import { type Actor, type Agent, type Authorization } from './execution-identity-envelope.js';

/** The identity of one HTTP request, before it is known which handler runs: every envelope of the request derives from it. */
export interface AdmittedIdentity {
  readonly actor: Actor;
  readonly agent: Agent;
  readonly authorization: Authorization;
  /** Whether the registry of the issuer, or a claim that it maps, names the agent. What `act` says is the word of the issuer alone. */
  readonly isAgentRegistered: boolean;
  readonly sessionId?: string;
  /** Of the credential, in seconds since the epoch. */
  readonly issuedAt: number;
  readonly expiresAt: number;
}

/** The brand of an admitted identity. No object without it becomes an envelope. */
class Admitted {
  readonly #isAdmitted = true;

  constructor(identity: AdmittedIdentity) {
    Object.assign(this, identity);
    Object.freeze(this);
  }

  static isGenuine(identity: object): boolean {
    return #isAdmitted in identity && identity.#isAdmitted;
  }
}

/** Marks an identity as admitted, by a token or by the configuration of this process. */
export function admittedIdentity(identity: AdmittedIdentity): AdmittedIdentity {
  return new Admitted(identity) as AdmittedIdentity & Admitted;
}

/** @throws EieError `identity_forged` for an object that was not admitted here */
export function assertAdmitted(identity: AdmittedIdentity): void {
  if (!Admitted.isGenuine(identity)) throw new EieError('identity_forged');
}

/**
 * Derives the identity from a verified token and the agent registry of the operator. The agent comes from `act`; without `act`, from
 * the claim or the registry that is configured for the issuer. Without any of these, the client is the agent, and its scopes are limited
 * to those that the operator allows for such clients.
 */
export function admit(token: AccessToken, policy: IssuerPolicy): AdmittedIdentity {
  const agent = agentOf(token, policy);
  const isAgentRegistered = isRegistered(agent, policy);
  const ceiling = isAgentRegistered ? undefined : policy.unregisteredScopes;
  return admittedIdentity({
    actor: Object.freeze({
      type: token.type,
      issuer: token.issuer,
      sub: token.sub,
      ...(token.tenant !== undefined && { tenant: token.tenant }),
    }),
    agent,
    isAgentRegistered,
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

/** An agent that `act` names is registered under its own id, by whichever client it comes. */
function isRegistered({ source, issuer, id }: Agent, { issuer: own, agents }: IssuerPolicy): boolean {
  if (source === 'act') return issuer === own && [...agents.values()].includes(id);
  return source === 'registry';
}

function agentOf({ act, agent, clientId, issuer }: AccessToken, policy: IssuerPolicy): Agent {
  const base = { type: 'mcp_agent', client_id: clientId } as const;
  const [outermost] = act;
  if (outermost)
    return Object.freeze({ ...base, issuer: outermost.issuer, id: outermost.sub, source: 'act', chain: act });
  const registered = agent ?? policy.agents.get(clientId);
  if (registered === undefined) return Object.freeze({ ...base, issuer, id: clientId, source: 'client', chain: [] });
  return Object.freeze({ ...base, issuer, id: registered, source: 'registry', chain: [{ issuer, sub: registered }] });
}
