import { type ApprovalDecision, ApprovalStore, type RequestedApproval, type ShareHolder } from 'execution-identity';
import { compositeKey, digest } from 'execution-identity/internal';
import { type ReadApproval, readApproval } from './approval-record.js';
import { CONSUME, DECIDE, FIND, PENDING, REQUEST } from './approval-scripts.js';
import { RedisScripts, type RedisStoreOptions } from './redis-client.js';
import { RedisStoreError } from './redis-store-error.js';

const PER_USER = 650;
/** Undecided approvals that are looked at, those that end first. */
const LISTED = 1_000;

export interface RedisApprovalStoreOptions extends RedisStoreOptions {
  /** Live approvals of one user at most. Default: 650. */
  readonly perUser?: number;
}

/**
 * An {@link ApprovalStore} in Redis. Each method is one script, and all keys are in one slot. An approval ends when it expires, on the clock of Redis or of the caller, whichever is
 * ahead; Redis drops it then. Values of the call that are shown to the approver, which may be personal, are there in clear until then.
 *
 * While Redis is away every method rejects. What Redis has lost is unknown, and has to be asked for again. An approval that was consumed is
 * back after a failover that lost the consumption: see the README for `WAIT` and `min-replicas-to-write`. `pending` lists 1,000
 * at most, those that end first, and the oldest of them first: more are NOT listed until some of these are decided or have ended.
 */
export class RedisApprovalStore extends ApprovalStore {
  readonly #scripts: RedisScripts;
  readonly #perUser: number;

  /** @throws EieConfigurationError for a prefix with other characters, and for a client that queues commands without a bound */
  constructor(options: RedisApprovalStoreOptions) {
    super();
    this.#scripts = new RedisScripts(options, 'approvals');
    this.#perUser = options.perUser ?? PER_USER;
  }

  /** @throws RedisStoreError (as a rejection) where Redis does not answer, or holds something else under a key */
  override async request(
    asked: RequestedApproval,
    now: number,
    holder: ShareHolder = [],
  ): Promise<RequestedApproval | 'full'> {
    const { id, binding, expiresAt, requester } = asked;
    const user = `user:${digest(compositeKey(...holder.slice(0, 2)))}`;
    const keys = [keyOf(id), bindingKey(binding), user, listKey(requester.issuer, requester.tenant)];
    const values = [now, id, binding, Math.ceil(expiresAt), JSON.stringify(asked), this.#perUser];
    const answer = await this.#scripts.run(REQUEST, keys, values);
    if (answer === 'full') return 'full';
    const { approval } = readApproval(answer);
    if (approval.binding !== binding) throw new RedisStoreError('unreadable');
    return approval;
  }

  /** @throws RedisStoreError (as a rejection) where Redis does not answer, or holds something else under the key */
  override async find(id: string, now: number): Promise<RequestedApproval | undefined> {
    return ofId(id, now, await this.#scripts.run(FIND, [keyOf(id)], [now]));
  }

  /** @throws RedisStoreError (as a rejection) where Redis does not answer, or holds something else under a key */
  override async pending(
    issuer: string,
    tenant: string | undefined,
    now: number,
  ): Promise<readonly RequestedApproval[]> {
    const found = await this.#scripts.list(PENDING, [listKey(issuer, tenant)], [now, LISTED]);
    return found
      .map(readApproval)
      .filter(({ approval: { requester } }) => requester.issuer === issuer && requester.tenant === tenant)
      .sort(byAge)
      .map(({ approval }) => approval);
  }

  /** @throws RedisStoreError (as a rejection) where Redis does not answer, or holds something else under the key */
  override async decide(id: string, decision: ApprovalDecision, now: number): Promise<boolean> {
    const values = [now, JSON.stringify(decision), decision.approved ? '1' : '0'];
    return (await this.#scripts.run(DECIDE, [keyOf(id)], values)) === 1;
  }

  /** @throws RedisStoreError (as a rejection) where Redis does not answer, or holds something else under the key */
  override async consume(id: string, binding: string, now: number): Promise<RequestedApproval | undefined> {
    const answer = await this.#scripts.run(CONSUME, [keyOf(id), bindingKey(binding)], [now, binding]);
    const approval = ofId(id, now, answer);
    if (approval && (approval.binding !== binding || approval.decision?.approved !== true))
      throw new RedisStoreError('unreadable');
    return approval;
  }
}

const keyOf = (id: string): string => `a:${digest(id)}`;
const bindingKey = (binding: string): string => `b:${digest(binding)}`;
const listKey = (issuer: string, tenant: string | undefined): string => `open:${digest(compositeKey(issuer, tenant))}`;
const byAge = (one: ReadApproval, other: ReadApproval): number => one.at - other.at;

function ofId(id: string, now: number, answer: unknown): RequestedApproval | undefined {
  if (answer === 0) return undefined;
  const { approval } = readApproval(answer);
  if (approval.id !== id || approval.expiresAt <= now) throw new RedisStoreError('unreadable');
  return approval;
}
