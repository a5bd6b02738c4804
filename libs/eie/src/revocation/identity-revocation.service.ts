import { Inject, Injectable } from '@nestjs/common';
import { EieError, type EnvelopeParts, type RevocableIdentity, type RevokedIdentity } from 'execution-identity';
import { AuditRecorder, revokes } from 'execution-identity/internal';
import { EIE_CLOCK } from '../configuration/ports.js';

interface Revocation extends RevokedIdentity {
  readonly at: number;
}

/**
 * Seconds: the longest lifetime an access token may have, after which none from before the revocation is valid any more,
 * and as much again, so that a clock which runs ahead for a while drops nothing that counts when it is set right.
 */
const KEPT = 2 * 86_400;
const CAPACITY = 10_000;

/**
 * Ends identities before their tokens expire: a user left, a session was closed, an agent misbehaves. Tokens issued until
 * now are refused from now on, what is remembered of them is forgotten, their open streams end, and their running
 * executions can delegate no more.
 *
 * It counts in this process: call it in each one, from a back-channel logout or a security event (RFC 8417).
 */
@Injectable()
export class IdentityRevocation {
  /** By issuer, and by issuer and subject where there is one. */
  readonly #revocations = new Map<string, Revocation[]>();
  #size = 0;
  /** The latest moment seen here, on the clock or in a token. What was issued until then was before now, though the clock be set back. */
  #latest = -Infinity;
  readonly #open = new Set<{ readonly identity: RevocableIdentity; readonly end: () => void }>();
  readonly #listeners: ((revoked: RevokedIdentity) => void)[] = [];

  constructor(
    @Inject(AuditRecorder) private readonly audit: AuditRecorder,
    @Inject(EIE_CLOCK) private readonly clock: () => number,
  ) {}

  /**
   * @throws EieError `revocation_refused` when 10,000 are kept already: none is ever dropped before its time;
   * `audit_unavailable`
   */
  async purge(identity: RevokedIdentity): Promise<void> {
    const now = Math.floor(this.clock() / 1000);
    this.#dropOld(now);
    if (this.#size >= CAPACITY) throw new EieError('revocation_refused');
    const bucket = bucketOf(identity.issuer, identity.sub);
    this.#revocations.set(bucket, [
      ...(this.#revocations.get(bucket) ?? []),
      { ...identity, at: Math.max(now, this.#latest) },
    ]);
    this.#size++;
    for (const listener of this.#listeners) listener(identity);
    for (const open of this.#open) if (revokes(identity, open.identity)) open.end();
    await this.audit.recordRevocation(identity);
  }

  isRevoked(identity: RevocableIdentity): boolean {
    this.#latest = Math.max(this.#latest, identity.issuedAt, Math.ceil(this.clock() / 1000));
    if (this.#size === 0) return false;
    return [bucketOf(identity.issuer), bucketOf(identity.issuer, identity.sub)].some(bucket =>
      this.#revocations.get(bucket)?.some(one => identity.issuedAt <= one.at && revokes(one, identity)),
    );
  }

  /** @throws EieError `identity_revoked` */
  assertNotRevoked(identity: RevocableIdentity): void {
    if (this.isRevoked(identity)) throw new EieError('identity_revoked');
  }

  /**
   * @internal Calls `end` when the identity is revoked while something of it is still open.
   * @returns what to call when it is no longer open
   */
  whileOpen(identity: RevocableIdentity, end: () => void): () => void {
    const open = { identity, end };
    this.#open.add(open);
    return () => this.#open.delete(open);
  }

  /** @internal Told of every purge, before it is recorded. */
  onPurge(listener: (revoked: RevokedIdentity) => void): void {
    this.#listeners.push(listener);
  }

  #dropOld(now: number): void {
    for (const [bucket, all] of this.#revocations) {
      const kept = all.filter(one => one.at + KEPT > now);
      this.#size -= all.length - kept.length;
      if (kept.length) this.#revocations.set(bucket, kept);
      else this.#revocations.delete(bucket);
    }
  }
}

const bucketOf = (issuer: string, sub?: string): string => JSON.stringify([issuer, sub]);

/** A running execution, as a revocation is compared with it. */
export function revocable({ actor, agent, session, meta }: EnvelopeParts): RevocableIdentity {
  return {
    issuer: actor.issuer,
    sub: actor.sub,
    tenant: actor.tenant,
    client_id: agent.client_id,
    sid: session.id,
    issuedAt: meta.created_at,
  };
}
