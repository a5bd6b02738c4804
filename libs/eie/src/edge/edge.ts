import { EventEmitter } from 'node:events';
import { type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { Inject, Injectable } from '@nestjs/common';
import { type AbstractHttpAdapter, HttpAdapterHost } from '@nestjs/core';
import { EieConfigurationError, EieError } from 'execution-identity';
import { type HttpRequest, nodeRequest } from '../http/http-request.js';
import { type OwnAudiences } from '../http/resources.js';
import { beforeEvents } from './before-events.js';
import { scrubEvents } from './event-copies.js';
import { emptyCopies } from './query-token.js';
import { type CredentialHeaders, CredentialNames } from './credential-search.js';
import { leaveCredentials, refuseRequest, takeCredentials } from './take-credentials.js';

/** A Fastify instance, as far as the edge uses it. */
interface HookedInstance {
  addHook(name: 'onRequest', hook: (request: HttpRequest, reply: unknown, done: () => void) => void): void;
}

/** What the edge is told once the options are known. It is installed before. */
export interface EdgeRules extends CredentialHeaders {
  /** Whether an application that Nest does not know authenticates the caller of this request. */
  readonly isUnmanaged: (request: IncomingMessage) => boolean;
  /** By which tokens are for this server. */
  readonly audiences: () => OwnAudiences;
  /** Records that a request was refused before any code of the application. */
  readonly onRefused: (request: IncomingMessage, error: EieError) => Promise<void>;
}

/**
 * Takes the access credentials off each request before any other code of the application sees it: before middleware, hooks, body parsers,
 * request-scoped providers, and the guards of other modules. It is installed three times, because no place sees every request first:
 *
 * - before Node emits the request: before what watches the process copies its headers;
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
    onRefused: () => Promise.resolve(),
  };
  #names = new CredentialNames(this.#rules);
  readonly #audiences = (): OwnAudiences => this.#rules.audiences();
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
    this.#names = new CredentialNames(rules);
    this.#listen();
  }

  #install(adapter: AbstractHttpAdapter | null): void {
    // An application context and a microservice have none, whatever the type of the host says.
    if (!adapter) return;
    const enter = (request: HttpRequest, response: unknown, next: () => void): void => {
      const error = this.#take(request);
      // What cannot be answered ends no process.
      if (error) this.#refuse(request, response, error).catch(() => nodeRequest(request).destroy());
      else next();
    };
    if (adapter.getType() === 'fastify') adapter.getInstance<HookedInstance>().addHook('onRequest', enter);
    else adapter.use(enter);
    this.#listen();
  }

  #listen(): void {
    const server = (this.#host.httpAdapter as AbstractHttpAdapter | null)?.getHttpServer() as EventEmitter | undefined;
    if (!(server instanceof EventEmitter) || this.#servers.has(server)) return;
    this.#servers.add(server);
    const take = (request: IncomingMessage): void => void this.#take(request);
    beforeEvents(server, take);
    const takeRequest = (request: IncomingMessage, response: ServerResponse): void => {
      // On Express Nest waits for a connection until its client stops to call, when the application is closed.
      if (!(server as Server).listening) response.shouldKeepAlive = false;
      take(request);
    };
    // socket.io takes the listeners away and calls them itself, for all but its own requests: with a new one this one comes first again. Two edges
    // of one server, which two applications share, do not chase each other.
    let isMoving = false;
    const takeFirst = (event: string | symbol): void => {
      if (event !== 'request' || isMoving) return;
      isMoving = true;
      server.off('request', takeRequest);
      server.prependListener('request', takeRequest);
      isMoving = false;
    };
    takeFirst('request');
    server.on('newListener', takeFirst);
    // Only before one of the application: without a listener Node serves an upgrade as any request, and with this one alone nobody would answer it.
    const takeUpgrades = (event: string | symbol): void => {
      if (event !== 'upgrade') return;
      server.off('newListener', takeUpgrades);
      server.prependListener('upgrade', take);
    };
    if (server.listenerCount('upgrade')) takeUpgrades('upgrade');
    else server.on('newListener', takeUpgrades);
  }

  /** @returns why the request is refused, if it is */
  #take(request: HttpRequest): EieError | undefined {
    const node = nodeRequest(request);
    try {
      if (this.#rules.isUnmanaged(node)) leaveCredentials(node, this.#rules.audiences(), this.#names);
      else {
        const found = takeCredentials(node, this.#names, this.#audiences);
        scrubEvents(request === node ? [node] : [request, node], found);
        if (found.inQuery?.length) emptyCopies(request, found.inQuery);
      }
      return undefined;
    } catch (thrown) {
      const error = thrown instanceof EieError ? thrown : new EieError('edge_failed');
      refuseRequest(node, error);
      return error;
    }
  }

  async #refuse(request: HttpRequest, response: unknown, error: EieError): Promise<void> {
    await this.#rules.onRefused(nodeRequest(request), error).catch(() => undefined);
    const { httpAdapter } = this.#host;
    const [statusCode, message] =
      error.code === 'request_malformed' ? [400, 'Bad Request'] : [503, 'Service Unavailable'];
    httpAdapter.reply(response, { statusCode, message }, statusCode);
  }
}
