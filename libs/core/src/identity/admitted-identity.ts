import { EieError } from '../errors.js';
import { type RevocableIdentity } from '../ports/revocation-store.js';
import { type ShareHolder } from '../ports/shares.js';
import { type AccessToken } from '../token/access-token.js';
import { type IssuerPolicy } from '../token/issuer-policy.js';
import { type Actor, type Agent, type Authorization } from './execution-identity-envelope.js';
import { chainOf, freezeList } from './frozen.js';

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
  const identity: Writable<AdmittedIdentity> = {
    actor: actorOf(token),
    agent,
    isAgentRegistered,
    authorization: authorizationOf(
      token,
      freezeList(ceiling ? token.scopes.filter(scope => ceiling.includes(scope)) : token.scopes),
    ),
    issuedAt: token.issuedAt,
    expiresAt: token.expiresAt,
  };
  if (token.sid !== undefined) identity.sessionId = token.sid;
  return admittedIdentity(identity);
}

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function actorOf({ type, issuer, sub, tenant }: AccessToken): Actor {
  return Object.freeze(tenant === undefined ? { type, issuer, sub } : { type, issuer, sub, tenant });
}

function authorizationOf(token: AccessToken, scopes: readonly string[]): Authorization {
  const authorization: Writable<Authorization> = { scopes, confidence: token.confidence };
  if (token.roles) authorization.roles = freezeList(token.roles);
  if (token.acr !== undefined) authorization.acr = token.acr;
  if (token.amr) authorization.amr = freezeList(token.amr);
  if (token.authTime !== undefined) authorization.authenticated_at = token.authTime;
  return Object.freeze(authorization);
}

/** An agent that `act` names is registered under its own id, by whichever client it comes. */
function isRegistered({ source, issuer, id }: Agent, { issuer: own, agents }: IssuerPolicy): boolean {
  if (source === 'act') return issuer === own && [...agents.values()].includes(id);
  return source === 'registry';
}

function agentOf({ act, agent, clientId, issuer }: AccessToken, policy: IssuerPolicy): Agent {
  const [outermost] = act;
  if (outermost) return agentRef(clientId, outermost.issuer, outermost.sub, 'act', act);
  const registered = agent ?? policy.agents.get(clientId);
  if (registered === undefined) return agentRef(clientId, issuer, clientId, 'client', []);
  return agentRef(clientId, issuer, registered, 'registry', [{ issuer, sub: registered }]);
}

const agentRef = (
  client_id: string,
  issuer: string,
  id: string,
  source: Agent['source'],
  chain: Agent['chain'],
): Agent => Object.freeze({ type: 'mcp_agent', client_id, issuer, id, source, chain: chainOf(chain) });
