import { types } from 'node:util';
import { thisCopy } from '../copies.js';
import { EieError } from '../errors.js';
import { type Approval } from './approval.js';
import {
  type Actor,
  type Agent,
  type Authorization,
  type Delegation,
  type EnvelopeParts,
  type Meta,
  type Session,
} from './envelope-parts.js';
import { type Rights } from './held-rights.js';
import { type JobContent, type JobTerms, sealsJobs } from './job.js';

export {
  type Actor,
  type Agent,
  type Authorization,
  type Delegation,
  DELEGATION_MODES,
  type DelegationMode,
  type EnvelopeParts,
  type Meta,
  type Session,
} from './envelope-parts.js';

thisCopy();

const CONSTRUCTION = Symbol('construction');
const ANY_COPY = Symbol.for('execution-identity.ExecutionIdentityEnvelope');

let construct: (parts: EnvelopeParts, limits: Limits) => ExecutionIdentityEnvelope;
let limitsIn: (envelope: EnvelopeParts) => Limits | undefined;
let keep: (envelope: ExecutionIdentityEnvelope, kept: object) => void;
let kept: (envelope: ExecutionIdentityEnvelope) => object | undefined;

/** What counts for an envelope and is none of its parts. */
interface Limits {
  /** What limits it beyond its parts, where something does. */
  readonly rights?: Rights | undefined;
  /** When the credential was issued that it is made from: seconds since the epoch, on the clock of the issuer. */
  readonly since?: number;
}

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
  readonly #limits: Limits;
  readonly actor: Actor;
  readonly agent: Agent;
  readonly session: Session;
  readonly authorization: Authorization;
  readonly delegation: Delegation;
  // No field without an approval: what it serializes to has none.
  declare readonly approval?: Approval;
  readonly meta: Meta;

  private constructor(key: symbol, parts: EnvelopeParts, limits: Limits) {
    if (key !== CONSTRUCTION) throw new EieError('identity_forged');
    this.#limits = limits;
    this.actor = parts.actor;
    this.agent = parts.agent;
    this.session = parts.session;
    this.authorization = parts.authorization;
    this.delegation = parts.delegation;
    if (parts.approval) this.approval = parts.approval;
    this.meta = parts.meta;
    Object.freeze(this);
  }

  /**
   * Seals this identity for one job that a worker does later: narrowed to some scopes, for one queue, one id, one name and these data, until it
   * expires. Put the text beside the job. The worker opens it, and decides anew what the identity may do. No token goes with it.
   *
   * It is NOT a bearer: no server takes it from a request. It is NOT encrypted: who can read the queue can read whose job it is.
   *
   * @throws TypeError naming the term that is wrong, or for data that JSON cannot write
   * @throws EieError `identity_expired`, also once the handler has returned; `identity_revoked`, `revocation_unavailable`; `insufficient_scope` for a
   * scope that the identity does not hold; `job_unsealed` where this server cannot seal it; `signing_unavailable`
   * @example const sealed = await identity.forJob({ queue: 'invoices', scopes: ['invoices:send'] }, { id, name: 'send', data });
   */
  async forJob(terms: JobTerms, job: JobContent): Promise<string> {
    if (!sealsJobs(this.#kept)) throw new EieError('job_unsealed');
    return this.#kept.sealJob(terms, job);
  }

  static {
    construct = (parts, limits) => new ExecutionIdentityEnvelope(CONSTRUCTION, parts, limits);
    limitsIn = envelope => (#limits in envelope ? envelope.#limits : undefined);
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
 * Makes an envelope of parts that are frozen, with all that is in them. No entry point exports it: `issue` and `createEnvelope` alone do this.
 */
export const envelopeOfFrozen = (parts: EnvelopeParts, limits: Limits = {}): ExecutionIdentityEnvelope =>
  construct(parts, limits);

/** What limits an envelope that was issued here, beyond its parts; `undefined` where nothing does, and for what was not issued here. */
export const rightsOfEnvelope = (envelope: EnvelopeParts): Rights | undefined => limitsIn(envelope)?.rights;

/** When the credential of an envelope that was issued here was issued, in seconds since the epoch; `undefined` for what was not issued here. */
export const issuedSince = (envelope: EnvelopeParts): number | undefined => limitsIn(envelope)?.since;

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
