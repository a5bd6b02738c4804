import { Inject, Injectable, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import {
  AuditLog,
  type Clock,
  type Diagnostics,
  EieError,
  type RevocableIdentity,
  RevocationStore,
  type RevokedIdentity,
} from 'execution-identity';
import { isLookedAt } from '../configuration/looking.js';
import { EIE_CLOCK, EIE_DIAGNOSTICS } from '../configuration/ports.js';
import { ServerProfile } from '../configuration/server-profile.js';
import { AuditRecorder, storeFailure, revokes, STORE_DEADLINE, withinDeadline } from 'execution-identity/internal';
import { OpenIdentities } from './open-identities.js';
import { tellUnknown } from './unknown-issuer.js';

let purgeAs: (revocation: IdentityRevocation, identity: RevokedIdentity, signal?: string) => Promise<void>;

/**
 * Ends identities before their tokens expire: a user left, a session was closed, an agent misbehaves. Tokens issued until now are refused
 * from now on, their cached results are dropped, their open streams end, and their running executions cannot delegate any more.
 *
 * It has effect in every process that shares the store. The default store belongs to this process alone, so call it in each process. With the
 * option `authorization.signals` identity providers call it. When the store does not answer, every identity is refused.
 */
@Injectable()
export class IdentityRevocation implements OnModuleInit, OnApplicationShutdown {
  readonly #open = new OpenIdentities();
  readonly #listeners: ((revoked: RevokedIdentity) => void)[] = [];
  /** Issuers of identities that come without a token. */
  readonly #further = new Set<string>();
  #unsubscribe?: () => Promise<void>;

  constructor(
    @Inject(RevocationStore) private readonly store: RevocationStore,
    @Inject(AuditRecorder) private readonly audit: AuditRecorder,
    @Inject(EIE_CLOCK) private readonly clock: Clock,
    @Inject(EIE_DIAGNOSTICS) private readonly diagnostics: Diagnostics,
    @Inject(ServerProfile) private readonly profile: Pick<ServerProfile, 'mayKnow' | 'accepts'>,
    @Inject(AuditLog) private readonly log: AuditLog,
  ) {}

  /** @internal Subscribes to the revocations of other processes. When that fails, the application does not start. */
  async onModuleInit(): Promise<void> {
    this.#unsubscribe = await this.store.subscribe(revoked => this.#end(revoked));
  }

  /**
   * @internal Not before: until the server has stopped, calls still run, and are ended by revocations of other processes. The connection of the store
   * may be closed by now, and nobody needs the subscription any more.
   */
  async onApplicationShutdown(): Promise<void> {
    await withinDeadline(STORE_DEADLINE, async () => this.#unsubscribe?.()).catch(() => undefined);
  }

  /**
   * Everything that is given must match: `{ issuer, sub }` is a user, `{ issuer, agent: { issuer, id } }` every identity that
   * acts through this agent, `{ issuer }` alone everybody of the issuer.
   *
   * With an `IssuerSource`, identities of any issuer can be ended: it may have been suspended a moment ago. The operator is told where the source does not know it.
   *
   * @throws EieError `revocation_invalid` for an issuer that is not configured, and for a member that is empty or not one of these: without this
   * check, `sub: undefined` or `clientId` would revoke everybody; `revocation_unavailable` when the store does not answer: it may count all the same, here
   * at once and elsewhere later, so it is on the audit log as failed. Purge again until it resolves. `audit_unavailable` when it is revoked and cannot be recorded, and in an application that is only looked at, where nothing is revoked
   * @example await revocation.purge({ issuer: 'https://login.example', sub: 'alice' });
   */
  purge(identity: RevokedIdentity): Promise<void> {
    return this.#purge(identity);
  }

  static {
    purgeAs = (revocation, identity, signal) => revocation.#purge(identity, signal);
  }

  async #purge(identity: RevokedIdentity, signal?: string): Promise<void> {
    const { issuer } = identity;
    // An issuer source that has suspended an issuer does not know it any more, and one that is away must not hold up a revocation.
    if (!isComplete(identity) || !(this.#further.has(issuer) || this.profile.mayKnow(issuer)))
      throw new EieError('revocation_invalid');
    // Nothing happens in an application that is only looked at: this store may be that of the servers that run.
    if (isLookedAt(this.log)) throw new EieError('audit_unavailable');
    try {
      await this.#ask(() => this.store.add(identity, this.#now()));
    } catch (error) {
      this.#end(identity);
      await this.audit.recordRevocation(identity, signal, error as EieError).catch(() => undefined);
      throw error;
    }
    // The subscription reports it too, perhaps later. Here it has effect before `purge` resolves.
    this.#end(identity);
    await this.audit.recordRevocation(identity, signal);
    if (!this.#further.has(issuer)) await tellUnknown(issuer, this.profile, this.diagnostics);
  }

  /** @throws EieError `revocation_unavailable` when the store does not answer */
  isRevoked(identity: RevocableIdentity): boolean | Promise<boolean> {
    let answer: unknown;
    try {
      answer = this.store.isRevoked(identity, this.#now());
    } catch (error) {
      throw this.#unavailable(error);
    }
    if (typeof answer === 'boolean') return answer;
    return this.#ask(async () => {
      const settled = await answer;
      // Any other answer is a failure of the store.
      if (typeof settled !== 'boolean') throw new TypeError('neither true nor false');
      return settled;
    });
  }

  /**
   * @returns nothing to wait for where the store knows at once that it is not revoked. The promise rejects with EieError `identity_revoked`,
   * `revocation_unavailable`
   */
  assertNotRevoked(identity: RevocableIdentity): Promise<void> | undefined {
    let answer: boolean | Promise<boolean>;
    try {
      answer = this.isRevoked(identity);
    } catch (error) {
      return Promise.reject(this.#unavailable(error));
    }
    return answer === false ? undefined : this.#refuseIf(answer);
  }

  async #refuseIf(revoked: boolean | Promise<boolean>): Promise<void> {
    if (await revoked) throw new EieError('identity_revoked');
  }

  /**
   * @internal Calls `end` when the identity is revoked while something of it is still open.
   * @returns a function to call when it is no longer open
   */
  whileOpen(identity: RevocableIdentity, end: () => void): () => void {
    return this.#open.add({ identity, end });
  }

  /** @internal Identities of this issuer can be revoked, though no token of it is accepted. */
  acceptIssuer(issuer: string): void {
    this.#further.add(issuer);
  }

  /** @internal Calls `listener` with every revocation of every process, perhaps more than once. */
  onPurge(listener: (revoked: RevokedIdentity) => void): void {
    this.#listeners.push(listener);
  }

  #end(revoked: RevokedIdentity): void {
    for (const listener of this.#listeners) listener(revoked);
    for (const open of this.#open.all()) if (revokes(revoked, open.identity)) open.end();
  }

  async #ask<T>(question: () => Promise<T>): Promise<T> {
    try {
      return await withinDeadline(STORE_DEADLINE, question);
    } catch (error) {
      throw this.#unavailable(error);
    }
  }

  #unavailable(error: unknown): EieError {
    if (error instanceof EieError) return error;
    this.diagnostics.report({
      level: 'error',
      message: storeFailure('revocation store', error, 'identities are refused until it does'),
    });
    return new EieError('revocation_unavailable');
  }

  /** Seconds since the epoch, not rounded. */
  #now(): number {
    return this.clock() / 1000;
  }
}

/**
 * {@link IdentityRevocation.purge} by a signal from outside, which the record names.
 *
 * @param signal as `handler` of the record has it
 */
export const purgeBySignal = (revocation: IdentityRevocation, identity: RevokedIdentity, signal: string) =>
  purgeAs(revocation, identity, signal);

/** Whether it names an issuer, and every member that is there is known and has a value: what is not read would not narrow whom it names. */
const isComplete = (revoked: RevokedIdentity): boolean =>
  isText(revoked.issuer) &&
  Object.entries(revoked).every(([name, value]) =>
    name === 'agent' ? isAgent(value) : MEMBERS.includes(name) && isText(value),
  );

const MEMBERS = ['issuer', 'sub', 'tenant', 'client_id', 'sid'];

const isAgent = (agent: unknown): boolean => {
  const { issuer, id, ...others } = Object(agent) as { issuer?: unknown; id?: unknown };
  return isText(issuer) && isText(id) && !Object.keys(others).length;
};

const isText = (value: unknown): boolean => typeof value === 'string' && value.length > 0;
