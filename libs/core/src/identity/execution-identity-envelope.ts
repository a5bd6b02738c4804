import { types } from 'node:util';
import { thisCopy } from '../copies.js';
import { EieError } from '../errors.js';
import { type AgentRef } from '../token/actor-chain.js';
import { chainOf, freezeList, freezeRights } from './frozen.js';

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

/** What an envelope says. A plain object of this shape is NOT an identity: only {@link ExecutionIdentityEnvelope} is. */
export interface EnvelopeParts {
  readonly actor: Actor;
  readonly agent: Agent;
  readonly session: Session;
  readonly authorization: Authorization;
  readonly delegation: Delegation;
  readonly meta: Meta;
}

thisCopy();

const CONSTRUCTION = Symbol('construction');
const ANY_COPY = Symbol.for('execution-identity.ExecutionIdentityEnvelope');

let construct: (parts: EnvelopeParts) => ExecutionIdentityEnvelope;
let keep: (envelope: ExecutionIdentityEnvelope, kept: object) => void;
let kept: (envelope: ExecutionIdentityEnvelope) => object | undefined;

/**
 * The verified identity of one execution (one handler call): which user, through which agent, with which rights, calling
 * which targets, until when. Immutable, and only this library makes one: from a verified access token at the boundary, or
 * by opening a sealed envelope at a receiver.
 *
 * Mind the words: `actor` is the user (`sub`), `agent` is the party that OAuth calls actor (`act`, RFC 8693 §4.1).
 *
 * It does NOT hold a token, and serialising it does not carry it anywhere: what leaves the process is its sealed form.
 */
export class ExecutionIdentityEnvelope implements EnvelopeParts {
  #kept: object | undefined = undefined;
  readonly actor: Actor;
  readonly agent: Agent;
  readonly session: Session;
  readonly authorization: Authorization;
  readonly delegation: Delegation;
  readonly meta: Meta;

  private constructor(key: symbol, parts: EnvelopeParts) {
    if (key !== CONSTRUCTION) throw new EieError('identity_forged');
    this.actor = parts.actor;
    this.agent = parts.agent;
    this.session = parts.session;
    this.authorization = parts.authorization;
    this.delegation = parts.delegation;
    this.meta = parts.meta;
    Object.freeze(this);
  }

  static {
    construct = parts => new ExecutionIdentityEnvelope(CONSTRUCTION, parts);
    keep = (envelope, value) => {
      if (!(#kept in envelope)) throw new EieError('identity_forged');
      envelope.#kept = value;
    };
    kept = envelope => (#kept in envelope ? envelope.#kept : undefined);
    Object.defineProperty(this.prototype, ANY_COPY, { value: true });
  }

  /** Whether this copy of the library made the value. Copies, proxies and look-alikes are not envelopes. */
  static isIssued(this: void, value: unknown): value is ExecutionIdentityEnvelope {
    return typeof value === 'object' && value !== null && #kept in value;
  }
}

/**
 * Makes an envelope of parts that are frozen, with all that is in them. No entry point exports it: `issue` and `openSealed` alone do this.
 */
export const envelopeOfFrozen = (parts: EnvelopeParts): ExecutionIdentityEnvelope => construct(parts);

/**
 * Puts beside an envelope what its server keeps of the execution. It is no part of the envelope, and nothing that is made of the envelope has it.
 *
 * A weak map would do the same. What it holds mostly refers to the envelope, and the young generation of V8 then keeps both until a full
 * collection of garbage.
 *
 * @throws EieError `identity_forged`
 */
export const keepBeside = (envelope: ExecutionIdentityEnvelope, value: object): void => keep(envelope, value);

/** What {@link keepBeside} has put there; `undefined` for what is no envelope of this copy. */
export const keptBeside = (envelope: ExecutionIdentityEnvelope): object | undefined => kept(envelope);

/** The same of copies of any parts. */
export function createEnvelope({ actor, agent, session, authorization, delegation, meta }: EnvelopeParts) {
  const { scopes, roles, amr } = authorization;
  const { allowed, modes, onward } = delegation;
  return envelopeOfFrozen({
    actor: Object.freeze({ ...actor }),
    agent: Object.freeze({ ...agent, chain: chainOf(agent.chain) }),
    session: Object.freeze({ ...session }),
    authorization: Object.freeze({
      ...authorization,
      scopes: freezeList(scopes),
      ...(roles && { roles: freezeList(roles) }),
      ...(amr && { amr: freezeList(amr) }),
    }),
    delegation: Object.freeze({
      ...delegation,
      allowed: freezeList(allowed),
      modes: Object.freeze({ ...modes }),
      ...(onward && { onward: freezeRights(onward) }),
    }),
    meta: Object.freeze({ ...meta }),
  });
}

/**
 * Every consumer of an identity starts here. Does NOT look at the expiry: see `expiry.ts`.
 *
 * @throws EieError `identity_missing`, `identity_forged`, `identity_of_another_copy`
 */
export function assertEnvelope(value: unknown): ExecutionIdentityEnvelope {
  if (value === undefined || value === null) throw new EieError('identity_missing');
  if (ExecutionIdentityEnvelope.isIssued(value)) return value;
  const prototype = types.isProxy(value) ? null : (Object.getPrototypeOf(value) as object | null);
  const another =
    prototype !== null && prototype !== ExecutionIdentityEnvelope.prototype && Object.hasOwn(prototype, ANY_COPY);
  throw new EieError(another ? 'identity_of_another_copy' : 'identity_forged');
}
