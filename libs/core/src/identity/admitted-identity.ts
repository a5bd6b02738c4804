import { EieError } from '../errors.js';
import { type RevocableIdentity } from '../ports/revocation-store.js';
import { type ShareHolder } from '../ports/shares.js';
import { type AccessToken } from '../token/access-token.js';
import { type IssuerPolicy } from '../token/issuer-policy.js';
import { type Actor, type Agent, type Authorization } from './execution-identity-envelope.js';
import { type RegisteredAgent } from '../token/ceiling.js';
import { chainOf, freezeList } from './frozen.js';
import { type Rights } from './held-rights.js';
import { type DroppedScope, droppedScopes, effectiveScopes, isConfigured, rightsOfToken } from './rights.js';

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

/** What is made of an identity once, and of its copies no more. */
export interface Derived {
  readonly rights?: Rights;
  /** No token has proven it: see {@link suppose}. */
  readonly isSupposed?: true | undefined;
  /** A claim of its token names the agent, and not the registry. */
  readonly isAgentClaimed?: boolean | undefined;
  holder?: ShareHolder;
  revocable?: RevocableIdentity;
}

/** The brand of an admitted identity. No object without it becomes an envelope. */
class Admitted implements AdmittedIdentity {
  readonly #derived: Derived;
  readonly actor: Actor;
  readonly agent: Agent;
  readonly authorization: Authorization;
  declare readonly sessionId?: string;
  readonly issuedAt: number;
  readonly expiresAt: number;

  /** @param identity whose parts are frozen */
  constructor(identity: AdmittedIdentity, derived: Derived) {
    this.#derived = derived;
    this.actor = identity.actor;
    this.agent = identity.agent;
    this.authorization = identity.authorization;
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
export const admittedIdentity = (identity: AdmittedIdentity, rights?: Rights, marks: Marks = {}): AdmittedIdentity =>
  new Admitted(identity, derivedFrom(rights, marks));

type Marks = Pick<Derived, 'isSupposed' | 'isAgentClaimed'>;

const derivedFrom = (rights: Rights | undefined, { isSupposed, isAgentClaimed }: Marks): Derived => ({
  ...(rights?.ceilings.length && { rights }),
  ...(isSupposed && { isSupposed }),
  ...(isAgentClaimed && { isAgentClaimed }),
});

/** The same identity for another request: each request has one of its own, that holds its own token. @throws EieError `identity_forged` */
export const admittedAgain = (identity: AdmittedIdentity): AdmittedIdentity =>
  new Admitted(identity, assertedDerived(identity));

/** What its token grants and what limits that; `undefined` where nothing is limited, and for what was not admitted here. */
export const rightsOf = (identity: object): Rights | undefined => derivedOf(identity)?.rights;

/** The scopes that its token grants and that it has not, and whose ceiling takes each away. */
export function droppedOf(identity: object): readonly DroppedScope[] {
  const rights = rightsOf(identity);
  return rights ? droppedScopes(rights) : [];
}

/** `undefined` for what was not admitted here. */
export const derivedOf = (identity: object): Derived | undefined => Admitted.derivedOf(identity);

/** Whether a claim of its token names the agent, and not the registry. */
export const isAgentClaimed = (identity: object): boolean => derivedOf(identity)?.isAgentClaimed === true;

function assertedDerived(identity: AdmittedIdentity): Derived {
  const derived = derivedOf(identity);
  if (!derived) throw new EieError('identity_forged');
  return derived;
}

/** @throws EieError `identity_forged` for an object that was not admitted here, and for what is only supposed */
export function assertAdmitted(identity: AdmittedIdentity): void {
  if (assertedDerived(identity).isSupposed) throw new EieError('identity_forged');
}

/**
 * Derives the identity from a verified token and the agent registry of the operator. The agent comes from `act`; without `act`, from
 * the claim or the registry that is configured for the issuer. Without any of these, the client is the agent. Its scopes are those that the
 * token, the agent and the tenant all allow.
 */
export function admit(token: AccessToken, policy: IssuerPolicy): AdmittedIdentity {
  const actor = actorOf(token);
  const agent = agentOf(token, policy);
  const rights = rightsOfToken(token.scopes, { actor, agent }, policy);
  const identity: Writable<AdmittedIdentity> = {
    actor,
    agent,
    authorization: authorizationOf(token, policy, freezeList(effectiveScopes(rights))),
    issuedAt: token.issuedAt,
    expiresAt: token.expiresAt,
  };
  if (token.sid !== undefined) identity.sessionId = token.sid;
  return admittedIdentity(identity, rights, { isAgentClaimed: !token.act.length && token.agent !== undefined });
}

/**
 * The identity of claims that nobody has signed, for a dry run. Decisions about it are those about a real one. It is NOT an identity to act in:
 * no envelope is issued for it, nor for what is made of it.
 */
export function suppose(token: AccessToken, policy: IssuerPolicy): AdmittedIdentity {
  const identity = admit(token, policy);
  return new Admitted(identity, { ...derivedFrom(rightsOf(identity), {}), isSupposed: true });
}

/**
 * The same identity for another request, with what a source outside the configuration says of its agent and its client: all of it limits the
 * identity. A client that nothing names as an agent gets the id of the entry. An agent that the token names keeps its own, and is registered only
 * by an entry of that id.
 *
 * @throws EieError `identity_forged`
 */
export function admittedAs(
  identity: AdmittedIdentity,
  found: readonly RegisteredAgent[],
  policy: IssuerPolicy,
): AdmittedIdentity {
  const [entry] = found;
  if (!entry) return admittedAgain(identity);
  const { rights, ...marks } = assertedDerived(identity);
  const { actor, authorization } = identity;
  const agent = identity.agent.source === 'client' ? agentOfEntry(identity.agent, entry) : agentIn(found, identity);
  const granted = rights?.granted ?? authorization.scopes;
  const changed = rightsOfToken(granted, { actor, agent }, policy, found);
  const scopes = freezeList(effectiveScopes(changed));
  return new Admitted(
    { ...identity, agent, authorization: Object.freeze({ ...authorization, scopes }) },
    derivedFrom(changed, marks),
  );
}

const agentOfEntry = ({ client_id, issuer }: Agent, { id }: RegisteredAgent): Agent =>
  agentRef({ client_id, issuer, id, source: 'registry', chain: [{ issuer, sub: id }], registered: true });

/** The agent that a token names, registered where an entry has its id. An agent of another issuer is in no registry of this one. */
const agentIn = (found: readonly RegisteredAgent[], { actor, agent }: AdmittedIdentity): Agent =>
  agent.issuer === actor.issuer && found.some(({ id }) => id === agent.id)
    ? Object.freeze({ ...agent, registered: true })
    : agent;

type Writable<T> = { -readonly [K in keyof T]: T[K] };

function actorOf({ type, issuer, sub, tenant }: AccessToken): Actor {
  return Object.freeze(tenant === undefined ? { type, issuer, sub } : { type, issuer, sub, tenant });
}

function authorizationOf(token: AccessToken, { roles }: IssuerPolicy, scopes: readonly string[]): Authorization {
  const authorization: Writable<Authorization> = { scopes, confidence: token.confidence };
  if (token.roles)
    authorization.roles = freezeList(roles ? token.roles.flatMap(role => roles.get(role) ?? []) : token.roles);
  if (token.acr !== undefined) authorization.acr = token.acr;
  if (token.amr) authorization.amr = freezeList(token.amr);
  if (token.authTime !== undefined) authorization.authenticated_at = token.authTime;
  return Object.freeze(authorization);
}

/** An agent that `act` names is registered under its own id, by whichever client it comes. */
function agentOf({ act, agent, clientId: client_id, issuer }: AccessToken, policy: IssuerPolicy): Agent {
  const [outermost] = act;
  if (outermost) {
    const named = { client_id, issuer: outermost.issuer, id: outermost.sub, source: 'act' as const };
    return agentRef({ ...named, chain: act, registered: isConfigured(named, policy) });
  }
  const id = agent ?? policy.agents.get(client_id)?.id;
  if (id === undefined) return agentRef({ client_id, issuer, id: client_id, source: 'client', chain: [] });
  return agentRef({ client_id, issuer, id, source: 'registry', chain: [{ issuer, sub: id }], registered: true });
}

const agentRef = ({
  chain,
  registered = false,
  ...named
}: Omit<Agent, 'type' | 'registered'> & { readonly registered?: boolean }): Agent =>
  Object.freeze({ type: 'mcp_agent', ...named, chain: chainOf(chain), ...(registered && { registered }) });
