import { AsyncLocalStorage } from 'node:async_hooks';
import { type Writable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { type DelegatedFetch, type ExecutionIdentityEnvelope, path } from 'nestjs-eie';
import { type Basket } from './basket.js';
import { type Caller, callerOf } from './caller.js';
import { ownData } from './own-data.js';
import { pause } from './pause.js';

/** One for the whole application, and careful: it keeps nothing of a call, or keeps it under everything that makes it another. */
@Injectable()
export class Accounts {
  protected readonly context = new AsyncLocalStorage<ExecutionIdentityEnvelope>();
  protected readonly statements = new Map<string, Promise<unknown>>();
  protected readonly pages: string[][] = [];
  readonly #jobs: { work: () => unknown; done: (result: unknown) => void }[] = [];

  async caller(identity: ExecutionIdentityEnvelope): Promise<Caller> {
    await pause();
    return callerOf(identity);
  }

  /** Calls an API twice. */
  async order(identity: ExecutionIdentityEnvelope, orders: DelegatedFetch, id: string): Promise<object> {
    await pause();
    const first = await orders.json(path`/orders/${id}`);
    await pause();
    return { caller: await this.caller(identity), first, second: await orders.json(path`/orders/${id}`) };
  }

  /** Remembers what an API has answered, for each user. */
  async statement(identity: ExecutionIdentityEnvelope, billing: DelegatedFetch): Promise<object> {
    const { issuer, tenant, sub } = identity.actor;
    const key = JSON.stringify([issuer, tenant, sub]);
    let statement = this.statements.get(key);
    if (!statement) {
      statement = billing.json('/balance');
      this.statements.set(key, statement);
      statement.catch(() => this.statements.delete(key));
    }
    return { caller: callerOf(identity), statement: await statement };
  }

  /** Fills one of a few pages that are used again and again. */
  async page(identity: ExecutionIdentityEnvelope, id: string, signal?: AbortSignal): Promise<string> {
    const page = this.pages.pop() ?? [];
    try {
      for (const line of [id, ownData(identity.actor), 'end']) {
        await pause();
        signal?.throwIfAborted();
        page.push(line);
      }
      return page.join('\n');
    } finally {
      page.length = 0;
      this.pages.push(page);
    }
  }

  /** Writes an answer in parts. */
  async write(identity: ExecutionIdentityEnvelope, response: Writable, id: string): Promise<void> {
    for (const part of [id, ownData(identity.actor), 'end']) {
      response.write(`${part}\n`);
      await pause();
    }
    response.end();
  }

  /** Does some work in a queue, one after the other. */
  async report(identity: ExecutionIdentityEnvelope): Promise<object> {
    return this.context.run(identity, async () => {
      await pause();
      const current = this.context.getStore()!;
      return this.enqueue(() => ({ caller: callerOf(current), own: ownData(current.actor) }));
    });
  }

  async fill(identity: ExecutionIdentityEnvelope, basket: Basket, id: string): Promise<object> {
    for (const item of [id, ownData(identity.actor)]) {
      basket.items.push(item);
      await pause();
    }
    return { caller: callerOf(identity), items: [...basket.items] };
  }

  protected async enqueue<T extends object>(work: () => T | Promise<T>): Promise<T> {
    const result = new Promise(done => this.#jobs.push({ work, done }));
    if (this.#jobs.length === 1) void this.#drain();
    return result as Promise<T>;
  }

  async #drain(): Promise<void> {
    for (let job = this.#jobs[0]; job; job = this.#jobs[0]) {
      await pause(1);
      job.done(await job.work());
      this.#jobs.shift();
    }
  }
}
