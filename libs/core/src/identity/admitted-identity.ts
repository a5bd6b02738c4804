import { EieError } from '../errors.js';
import { type RevocableIdentity } from '../ports/revocation-store.js';
import { type ShareHolder } from '../ports/shares.js';
import { type AccessToken } from '../token/access-token.js';
import { type IssuerPolicy } from '../token/issuer-policy.js';
import { type Actor, type Agent, type Authorization, chainOf, freezeList } from './execution-identity-envelope.js';

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

/** What is made of an identity once, and of its copies no more. */
export interface Derived {
  holder?: ShareHolder;
  revocable?: RevocableIdentity;
}

/** The brand of an admitted identity. No object without it becomes an envelope. */
class Admitted implements AdmittedIdentity {
  readonly #derived: Derived;
  readonly actor: Actor;
  readonly agent: Agent;
  readonly authorization: Authorization;
  readonly isAgentRegistered: boolean;
  declare readonly sessionId?: string;
  readonly issuedAt: number;
  readonly expiresAt: number;

  /** @param identity whose parts are frozen */
  constructor(identity: AdmittedIdentity, derived: Derived) {
    this.#derived = derived;
    this.actor = identity.actor;
    this.agent = identity.agent;
    this.authorization = identity.authorization;
    this.isAgentRegistered = identity.isAgentRegistered;
    if (identity.sessionId !== undefined) this.sessionId = identity.sessionId;
    this.issuedAt = identity.issuedAt;
    this.expiresAt = identity.expiresAt;
    Object.freeze(this);
  }

  static derivedOf(identity: object): Derived | undefined {
    return #derived in identity ? identity.#derived : undefined;
  }
}

/** Marks an identity as admitted, by a token or by the configuration of this process. */
export const admittedIdentity = (identity: AdmittedIdentity): AdmittedIdentity => new Admitted(identity, {});

/** The same identity for another request: each request has one of its own, that holds its own token. @throws EieError `identity_forged` */
export const admittedAgain = (identity: AdmittedIdentity): AdmittedIdentity =>
  new Admitted(identity, assertedDerived(identity));

/** `undefined` for what was not admitted here. */
export const derivedOf = (identity: object): Derived | undefined => Admitted.derivedOf(identity);

function assertedDerived(identity: AdmittedIdentity): Derived {
  const derived = derivedOf(identity);
  if (!derived) throw new EieError('identity_forged');
  return derived;
}

/** @throws EieError `identity_forged` for an object that was not admitted here */
export function assertAdmitted(identity: AdmittedIdentity): void {
  assertedDerived(identity);
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
      scopes: freezeList(ceiling ? token.scopes.filter(scope => ceiling.includes(scope)) : token.scopes),
      confidence: token.confidence,
      ...(token.roles && { roles: freezeList(token.roles) }),
      ...(token.acr !== undefined && { acr: token.acr }),
      ...(token.amr && { amr: freezeList(token.amr) }),
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
    return Object.freeze({ ...base, issuer: outermost.issuer, id: outermost.sub, source: 'act', chain: chainOf(act) });
  const registered = agent ?? policy.agents.get(clientId);
  if (registered === undefined)
    return Object.freeze({ ...base, issuer, id: clientId, source: 'client', chain: chainOf([]) });
  const chain = chainOf([{ issuer, sub: registered }]);
  return Object.freeze({ ...base, issuer, id: registered, source: 'registry', chain });
}
