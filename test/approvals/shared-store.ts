import { type ShareHolder } from 'execution-identity';
import { type ApprovalDecision, ApprovalStore, type RequestedApproval } from 'nestjs-eie';

/** What is sent to the process that keeps the approvals. */
export interface StoreCall {
  readonly method: 'request' | 'find' | 'pending' | 'decide' | 'consume';
  readonly given: readonly unknown[];
}

/** The store of another process, as a database would be. */
export class SharedStore extends ApprovalStore {
  constructor(private readonly url: string) {
    super();
  }

  override request(
    asked: RequestedApproval,
    now: number,
    holder: ShareHolder = [],
  ): Promise<RequestedApproval | 'full'> {
    return this.#call('request', asked, now, holder);
  }

  override find(id: string, now: number): Promise<RequestedApproval | undefined> {
    return this.#call('find', id, now);
  }

  override pending(issuer: string, tenant: string | undefined, now: number): Promise<readonly RequestedApproval[]> {
    return this.#call('pending', issuer, tenant ?? null, now);
  }

  override decide(id: string, decision: ApprovalDecision, now: number): Promise<boolean> {
    return this.#call('decide', id, decision, now);
  }

  override consume(id: string, binding: string, now: number): Promise<RequestedApproval | undefined> {
    return this.#call('consume', id, binding, now);
  }

  async #call<T>(method: StoreCall['method'], ...given: unknown[]): Promise<T> {
    const response = await fetch(this.url, {
      method: 'POST',
      body: JSON.stringify({ method, given } satisfies StoreCall),
    });
    const { result } = (await response.json()) as { result?: T };
    return result as T;
  }
}
