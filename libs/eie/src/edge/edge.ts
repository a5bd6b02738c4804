import { type IncomingMessage } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { type AbstractHttpAdapter, HttpAdapterHost } from '@nestjs/core';
import { EieConfigurationError } from 'execution-identity';
import { type HttpRequest, nodeRequest } from '../http/http-request.js';
import { type OwnAudiences } from '../http/resources.js';
import { scrubEvents } from './event-copies.js';
import { leaveCredentials, makeUnreadable, takeCredentials } from './take-credentials.js';

/** A Fastify instance, as far as the edge uses it. */
interface HookedInstance {
  addHook(name: 'onRequest', hook: (request: HttpRequest, reply: unknown) => Promise<unknown>): void;
}

/** What the edge is told once the options are known. It is installed before. */
export interface EdgeRules {
  /** Whether an application that Nest does not know authenticates the caller of this request. */
  readonly isUnmanaged: (request: IncomingMessage) => boolean;
  /** By which tokens are for this server. */
  readonly audiences: () => OwnAudiences;
  /** In lower case: the headers beside `Authorization` in which tokens of some issuer arrive. */
  readonly tokenHeaders: readonly string[];
  /** Records that a request was refused because it cannot be read. */
  readonly onUnreadable: (request: IncomingMessage) => Promise<void>;
}

/**
 * Takes the access credentials off each request before any other code of the application sees it: before middleware, hooks, body parsers,
 * request-scoped providers, and the guards of other modules. It is installed twice, because neither place sees every request first:
 *
 * - on the Node server, as its first listener: before what a pre-filled adapter has registered, and before hooks of Fastify;
 * - on the HTTP adapter: for `app.inject()` and serverless adapters, which use no server.
 *
 * It depends on `HttpAdapterHost` alone, so that Nest makes it among the first providers. Without an HTTP adapter it does nothing.
 */
@Injectable()
export class Edge {
  readonly #host: HttpAdapterHost;
  readonly #servers = new WeakSet<object>();
  #rules: EdgeRules = {
    isUnmanaged: () => false,
    audiences: () => [],
    tokenHeaders: [],
    onUnreadable: () => Promise.resolve(),
  };
  #isOpen = false;

  constructor(@Inject(HttpAdapterHost) host: HttpAdapterHost) {
    this.#host = host;
    // In a testing module the adapter comes later.
    if (host.httpAdapter as AbstractHttpAdapter | undefined) this.#install(host.httpAdapter);
    else host.init$.subscribe(() => this.#install(host.httpAdapter));
  }

  /**
   * @internal Called before the application serves requests: Nest makes the server after the providers.
   * @throws EieConfigurationError the second time: other code that has the instance must not change which credentials are left
   */
  open(rules: EdgeRules): void {
    if (this.#isOpen) throw new EieConfigurationError('The edge of this application has its rules already.');
    this.#isOpen = true;
    this.#rules = rules;
    this.#listen();
  }

  #install(adapter: AbstractHttpAdapter | null): void {
    // An application context and a microservice have none, whatever the type of the host says.
    if (!adapter) return;
    if (adapter.getType() === 'fastify') {
      const hook = async (request: HttpRequest, reply: unknown): Promise<unknown> => {
        if (this.#take(request)) return undefined;
        return this.#refuse(request, reply);
      };
      adapter.getInstance<HookedInstance>().addHook('onRequest', hook);
    } else {
      adapter.use((request: HttpRequest, response: unknown, next: () => void) => {
        if (this.#take(request)) next();
        else void this.#refuse(request, response);
      });
    }
    this.#listen();
  }

  #listen(): void {
    const server = (this.#host.httpAdapter as AbstractHttpAdapter | null)?.getHttpServer() as
      { prependListener?(event: string, listener: (request: IncomingMessage) => void): void } | undefined;
    if (!server?.prependListener || this.#servers.has(server)) return;
    this.#servers.add(server);
    for (const event of ['request', 'upgrade']) server.prependListener(event, request => void this.#take(request));
  }

  /** @returns whether the request can be read */
  #take(request: HttpRequest): boolean {
    const node = nodeRequest(request);
    try {
      if (this.#rules.isUnmanaged(node)) leaveCredentials(node, this.#rules.audiences());
      else scrubEvents([request, node], takeCredentials(node, this.#rules.tokenHeaders));
      return true;
    } catch {
      makeUnreadable(node);
      return false;
    }
  }

  async #refuse(request: HttpRequest, response: unknown): Promise<unknown> {
    await this.#rules.onUnreadable(nodeRequest(request)).catch(() => undefined);
    const { httpAdapter } = this.#host;
    httpAdapter.reply(response, { statusCode: 503, message: 'Service Unavailable' }, 503);
    return response;
  }
}
