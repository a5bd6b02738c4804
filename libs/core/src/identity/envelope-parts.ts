import { type AgentRef } from '../token/actor-chain.js';
import { type Approval } from './approval.js';

/** How a target is called. A closed set of three. */
export const DELEGATION_MODES = ['service_identity', 'on_behalf_of', 'restricted_user'] as const;
export type DelegationMode = (typeof DELEGATION_MODES)[number];

/** On whose behalf the execution runs: the subject (`sub`) of the verified credential. OAuth's word `act` is NOT this. */
export interface Actor {
  readonly type: 'user' | 'service';
  readonly issuer: string;
  readonly sub: string;
  readonly tenant?: string;
}

/** Who executes for the actor. RFC 8693 calls this party the actor (`act`). */
export interface Agent {
  readonly type: 'mcp_agent';
  readonly issuer: string;
  readonly id: string;
  /** The OAuth client that got the token (RFC 8693 §4.3). */
  readonly client_id: string;
  /**
   * Where the name of the agent comes from. `act`: the credential. `registry`: the agent registry of the issuer, or a claim of its own.
   * `client`: nothing names an agent, so the client counts as the agent and no `act` is emitted. `configuration`: a process on stdio,
   * where there is no credential.
   */
  readonly source: 'act' | 'registry' | 'client' | 'configuration';
  /** Every agent of the execution, outermost first: this one, then whom it acts for, at most 4. Empty when `source` is `client`. */
  readonly chain: readonly AgentRef[];
  /**
   * The operator of the server that derived the identity has registered this agent: in its registry, in a claim that it maps, or as the agent of
   * its process. Absent for every other agent: what `act` says is the word of the issuer alone.
   */
  readonly registered?: true;
}

export interface Session {
  /** The token's `sid`. Absent when the token has none: a session is never invented. */
  readonly id?: string;
  /** W3C trace id, 32 hex digits. It correlates records. Callers choose it, so it is never a security key. */
  readonly trace_id: string;
}

export interface Authorization {
  readonly scopes: readonly string[];
  readonly roles?: readonly string[];
  readonly confidence: 'verified' | 'introspected' | 'configured';
  readonly acr?: string;
  readonly amr?: readonly string[];
  /** Seconds since the epoch. */
  readonly authenticated_at?: number;
}

export interface Delegation {
  /** The targets this execution may call, by name. */
  readonly allowed: readonly string[];
  /**
   * How each target is called, by its name. An envelope that was narrowed to one target knows the mode of that one alone, and not how
   * it calls the services that it may call onward.
   */
  readonly modes: Readonly<Record<string, DelegationMode>>;
  /** The mode that all of them share. Absent where they differ, or where there is none. */
  readonly mode?: DelegationMode;
  /**
   * In an envelope that was narrowed to one target: each service that may be called onward, with the scopes that the call may use
   * there. They are no rights of whoever holds the envelope: {@link Authorization.scopes} are. It has no prototype, so that it has no
   * name that nobody has put there. Absent where there is no such service.
   */
  readonly onward?: Readonly<Record<string, readonly string[]>>;
}

export interface Meta {
  readonly version: 1;
  readonly id: string;
  /** The server that derived the envelope. */
  readonly issuer: string;
  /** Seconds since the epoch. */
  readonly created_at: number;
  /** Seconds since the epoch. */
  readonly expires_at: number;
}

/** What an envelope says. A plain object of this shape is NOT an identity: only `ExecutionIdentityEnvelope` is. */
export interface EnvelopeParts {
  readonly actor: Actor;
  readonly agent: Agent;
  readonly session: Session;
  readonly authorization: Authorization;
  readonly delegation: Delegation;
  /**
   * The approval that the call has used up. At a service it is there only where the caller's target carries approvals, the service takes each
   * Txn-Token once, and the approval had not expired when the call was let in.
   */
  readonly approval?: Approval;
  readonly meta: Meta;
}
