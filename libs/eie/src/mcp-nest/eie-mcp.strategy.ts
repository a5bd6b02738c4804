import { type HttpServer } from '@nestjs/common';
import { type MessageHandler } from '@nestjs/microservices';
import {
  type McpContext,
  type McpHandlerExtras,
  type McpHttpHandler,
  type McpServerOptions,
  type McpSessionSeed,
  McpStrategy,
  type StreamableHttpTransport,
} from '@rekog/mcp-nest';
import { type Server } from '@modelcontextprotocol/server';
import { EieConfigurationError, EieError } from 'execution-identity';
import { type BootChecks } from '../boot/boot-checks.js';
import { type ConnectionCheck } from './connection.check.js';
import { dispatchedOf } from './dispatched.js';
import { ProtectedCalls, type ProtectedCallsParts } from './protected-calls.js';
import { safeOptions } from './strategy-options.js';
import { servePersonally } from './personal-server.js';

/** Of the SDK's CommonJS build, which mcp-nest uses: the same code under another name. */
type SdkServer = Parameters<McpStrategy['bindRequestHandlers']>[0];

/** What its route brings a strategy from the application. */
export interface Attachment extends ProtectedCallsParts {
  readonly checks: BootChecks;
  readonly connection: ConnectionCheck;
}

/**
 * The strategy of mcp-nest behind the boundary: the same options, the same `@McpController()` classes. Each call is decided for the
 * user of its request, and runs with `@Identity()` and `@Delegated()`. A class that extends `EieMcpControllerFor(strategy)` is its
 * route, and it is connected with `{ inheritAppConfig: true }`.
 *
 * It does NOT serve stateful sessions, stdio, a route that mounts itself, or tools registered at run time: these have no identity.
 *
 * @throws EieConfigurationError when it is made, connected or started in a way that would run a tool without an identity
 */
export class EieMcpStrategy extends McpStrategy {
  #attachment?: Attachment;
  #calls?: ProtectedCalls;

  constructor(options: McpServerOptions) {
    super(safeOptions(options));
  }

  /** @internal What the route hands its requests to. Whoever reads it has claimed the route: the transport mounts none itself. */
  get httpHandlers(): McpHttpHandler {
    return (this.options.transports[0] as StreamableHttpTransport).httpHandlers;
  }

  /** @internal */
  get calls(): ProtectedCalls {
    if (!this.#calls)
      throw new EieConfigurationError(
        `The EieMcpStrategy "${this.options.name}" is not started: call app.startAllMicroservices().`,
      );
    return this.#calls;
  }

  /** @internal */
  attach(attachment: Attachment): void {
    if (this.#attachment)
      throw new EieConfigurationError(
        `The EieMcpStrategy "${this.options.name}" has two routes: extend EieMcpControllerFor() once for each strategy.`,
      );
    this.#attachment = attachment;
  }

  /** @internal Nothing is served before this. */
  async prove(): Promise<void> {
    if (this.#calls) return;
    const attachment = this.#attachment;
    if (!attachment)
      throw new EieConfigurationError(
        `The EieMcpStrategy "${this.options.name}" has no route: list a class that extends EieMcpControllerFor(strategy) in "controllers".`,
      );
    await attachment.checks.run();
    await attachment.connection.assertGuarded();
    this.#calls = new ProtectedCalls(attachment.connection.capabilities(), attachment);
  }

  override async listen(callback: (error?: unknown, ...args: unknown[]) => void): Promise<void> {
    try {
      await this.prove();
    } catch (error) {
      return callback(error);
    }
    await super.listen(callback);
  }

  override addHandler(
    pattern: unknown,
    pipeline: MessageHandler,
    isEventHandler?: boolean,
    extras: Partial<McpHandlerExtras> = {},
  ): void {
    const decided: MessageHandler = async (input: unknown, call: McpContext) =>
      this.calls.run(extras, input, call, pipeline);
    super.addHandler(pattern, extras.mcpType ? decided : pipeline, isEventHandler, extras);
  }

  /** @throws EieError `identity_missing` for a request that did not come through the route */
  override bindRequestHandlers(server: SdkServer, session: McpSessionSeed, rawRequest?: unknown): void {
    const dispatched = dispatchedOf(rawRequest);
    if (!dispatched) throw new EieError('identity_missing');
    servePersonally(server.server as unknown as Server, this.calls, dispatched);
    super.bindRequestHandlers(server, session, rawRequest);
  }

  /** Does nothing: the route is a controller, with the guard before it. */
  override setHttpAdapter(_adapter: HttpServer): void {}

  override registerTool(): never {
    throw refusedAtRunTime('registerTool');
  }

  override registerResource(): never {
    throw refusedAtRunTime('registerResource');
  }

  override registerPrompt(): never {
    throw refusedAtRunTime('registerPrompt');
  }
}

const refusedAtRunTime = (method: string): EieConfigurationError =>
  new EieConfigurationError(
    `${method}() would serve what no guard stands before: declare it on an @McpController(), where it has an identity policy.`,
  );
