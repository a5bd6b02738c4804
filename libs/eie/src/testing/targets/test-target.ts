import { setTimeout as delay } from 'node:timers/promises';
import { EieError, ENVELOPE_HEADERS, wireOf } from 'execution-identity';
import { type TargetOptions } from '../../options/target.options.js';
import { jsonIn } from '../app/http-answer.js';
import { type TestIssuers } from '../app/test-issuers.js';
import {
  json,
  type LoopbackAnswer,
  type LoopbackRequest,
  type LoopbackServer,
  startLoopbackServer,
} from '../authorization-server/http/loopback-server.js';
import { type RefusedCall, type TargetCall, type TargetReplies, type TargetReply } from './target-call.js';
import { TargetCheck, type TargetTrust } from './target-check.js';

const CREDENTIALS = ['authorization', 'proxy-authorization', 'cookie', ...ENVELOPE_HEADERS];

interface TargetParts {
  readonly options: TargetOptions;
  readonly issuers: TestIssuers;
  readonly trust: () => TargetTrust;
}

/**
 * A service behind a test application, on the loopback interface. It lets in what a receiver would let in, answers what it was told, and keeps
 * what came. No call of a test application reaches a real target.
 */
export class TestTarget {
  readonly #server: LoopbackServer;
  readonly #calls: TargetCall[] = [];
  readonly #refused: RefusedCall[] = [];
  #reply: TargetReplies | undefined;
  readonly #once: TargetReplies[] = [];
  #lateness: (() => number) | undefined;

  private constructor(
    readonly name: string,
    server: LoopbackServer,
  ) {
    this.#server = server;
  }

  /** @internal For `startTestApp()`. */
  static async start(name: string, { options, issuers, trust }: TargetParts): Promise<TestTarget> {
    const check = new TargetCheck(name, options, issuers, trust);
    const known: { target?: TestTarget } = {};
    const server = await startLoopbackServer(async request => known.target!.#answer(request, check));
    known.target = new TestTarget(name, server);
    return known.target;
  }

  /** Every call that was let in, as it came. */
  get calls(): readonly TargetCall[] {
    return this.#calls;
  }

  /** Every call that was refused, and why. */
  get refused(): readonly RefusedCall[] {
    return this.#refused;
  }

  /** Where it listens. */
  get url(): string {
    return this.#server.url;
  }

  /**
   * What it answers from now on. Until it is told, it answers 501.
   *
   * @example app.target('orders_api').reply({ json: { status: 'shipped' } });
   * @example app.target('orders_api').reply(({ path, identity }) => ({ json: { path, for: identity?.actor.sub } }));
   */
  reply(reply: TargetReplies): this {
    this.#reply = reply;
    return this;
  }

  /** What it answers to the next call, before what `reply` says. */
  replyOnce(reply: TargetReplies): this {
    this.#once.push(reply);
    return this;
  }

  /** Forgets calls and replies. */
  clear(): void {
    for (const list of [this.#calls, this.#refused, this.#once]) list.length = 0;
    this.#reply = undefined;
  }

  /** @internal Milliseconds by which each reply is late from now on. */
  spread(lateness: (() => number) | undefined): void {
    this.#lateness = lateness;
  }

  /** @internal The same path, here. */
  at(baseUrl: string): string {
    return this.url + new URL(baseUrl).pathname;
  }

  /** @internal */
  close(): Promise<void> {
    return this.#server.close();
  }

  async #answer(request: LoopbackRequest, check: TargetCheck): Promise<LoopbackAnswer> {
    const { method, url, headers, body } = request;
    const path = url.pathname + url.search;
    try {
      const { identity, sub, scopes } = await check.check(request.rawHeaders);
      const call: TargetCall = {
        method,
        path,
        headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !CREDENTIALS.includes(name))),
        body,
        json: jsonIn(body),
        identity,
        sub,
        scopes,
      };
      this.#calls.push(call);
      return await this.#replied(call);
    } catch (error) {
      if (!(error instanceof EieError)) throw error;
      this.#refused.push({ method, path, code: error.code });
      return json(wireOf(error.code).status, { error: error.code });
    }
  }

  async #replied(call: TargetCall): Promise<LoopbackAnswer> {
    if (this.#lateness) await delay(this.#lateness());
    const reply = this.#once.shift() ?? this.#reply;
    if (reply === undefined)
      return json(501, { error: `No reply is set: app.target('${this.name}').reply({ json: … })` });
    return answerOf(typeof reply === 'function' ? await reply(call) : reply);
  }
}

async function answerOf({
  status = 200,
  json: content,
  text,
  headers = {},
  delay: wait = 0,
}: TargetReply): Promise<LoopbackAnswer> {
  if (wait) await delay(wait);
  if (content !== undefined) return json(status, content, headers);
  return { status, headers, ...(text !== undefined && { body: text }) };
}
