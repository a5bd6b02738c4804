import {
  BadRequestException,
  Delete,
  Get,
  Inject,
  type OnApplicationBootstrap,
  Post,
  Req,
  Res,
  type Type,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { MessagePattern } from '@nestjs/microservices';
import { AuditRecorder } from 'execution-identity/internal';
import { Authorizer } from '../authorization/authorizer.js';
import { Dispatcher } from '../authorization/policy-metadata.js';
import { challenge } from '../http/challenge.js';
import { type HttpRequest, nodeRequest } from '../http/http-request.js';
import { declareResource, Resources } from '../http/resources.js';
import { requestIn } from '../record/execution-record.js';
import { traceIdFrom } from '../record/trace-id.js';
import { TargetRegistry } from '../delegation/targets/target-registry.js';
import { EieError } from 'execution-identity';
import { EieOptions } from '../options/eie.options.js';
import { CallerNames } from '../http/host-and-origin.js';
import { exceedsLimits, LIMIT_REFUSAL } from '../mcp/protocol/message-limits.js';
import { declareMcpNestRoute } from '../boot/http-handlers.check.js';
import { ConnectionProof, PROBE } from './connection.check.js';
import { dispatch, type Dispatched } from './dispatched.js';
import { EieMcpStrategy } from './eie-mcp.strategy.js';

export interface EieMcpRouteOptions {
  /** The identifier of this route: the audience of its tokens, with metadata of its own. Default: `resource` of `EieModule`. */
  readonly resource?: string;
  /** Host names, beside that of the resource and those of the loopback interface, under which the route is called. */
  readonly allowedHosts?: readonly string[];
  /** Host names of web pages that may call the route, beside those. */
  readonly allowedOrigins?: readonly string[];
}

/**
 * The route of a strategy, in place of `McpHttpControllerFor(transport)` of mcp-nest. Extend it in a controller with the path, and list
 * that in `controllers`; give it no constructor and no guard that reads a token. It runs after the guard, so mcp-nest gets an admitted
 * request without credentials. What its sender may not use is refused here, as `insufficient_scope` with HTTP 403; so are other hosts
 * and pages (`host_refused`, `origin_refused`) and messages past all limits (`input_invalid`). It does NOT decide what a resource needs:
 * which one a URI means is known where it runs.
 *
 * @example @Controller('mcp') class McpController extends EieMcpControllerFor(strategy) {}
 */
export function EieMcpControllerFor(strategy: EieMcpStrategy, options: EieMcpRouteOptions = {}): Type {
  const { httpHandlers } = strategy;
  class EieMcpController implements OnApplicationBootstrap {
    readonly #callers: CallerNames;
    readonly #proof: ConnectionProof;

    constructor(
      @Inject(Authorizer) private readonly authorizer: Authorizer,
      @Inject(AuditRecorder) private readonly audit: AuditRecorder,
      @Inject(EieOptions) private readonly eie: EieOptions,
      @Inject(Resources) resources: Resources,
      @Inject(TargetRegistry) targets: TargetRegistry,
      @Inject(ModulesContainer) modules: ModulesContainer,
    ) {
      const resource = options.resource ?? resources.main;
      resources.add(resource);
      this.#callers = new CallerNames(resource, options);
      this.#proof = new ConnectionProof(modules, targets);
      strategy.attach({
        authorizer,
        audit,
        proof: this.#proof,
        challengeOf: refusal => challenge(refusal, resource, ['Bearer']),
      });
    }

    async onApplicationBootstrap(): Promise<void> {
      this.#proof.assertConnected(strategy, other => other instanceof EieMcpStrategy);
      // With `deferInitialization` its handlers come later, and `listen()` of the strategy proves them.
      if (strategy.getHandlers().size) await strategy.prove();
    }

    @MessagePattern(PROBE, strategy.transportId)
    probe(): void {}

    @Post()
    @Dispatcher()
    async post(@Req() request: HttpRequest, @Res() response: unknown): Promise<void> {
      await this.admit(request);
      await httpHandlers.handlePost(request, response);
    }

    @Get()
    @Dispatcher()
    async get(@Req() request: HttpRequest, @Res() response: unknown): Promise<void> {
      await this.admit(request);
      await httpHandlers.handleGet(request, response);
    }

    @Delete()
    @Dispatcher()
    async delete(@Req() request: HttpRequest, @Res() response: unknown): Promise<void> {
      await this.admit(request);
      await httpHandlers.handleDelete(request, response);
    }

    private async admit(request: HttpRequest): Promise<void> {
      const record = requestIn(request);
      if (!record) throw new EieError('identity_missing');
      const node = nodeRequest(request);
      const dispatched: Dispatched = { record, traceparent: node.headers.traceparent };
      const refusal = this.#callers.refusalOf(node.headers);
      if (refusal)
        await this.authorizer.refuse(refusal, record.admitted, { traceId: traceIdFrom(dispatched.traceparent) });
      await this.#limit(request.body, dispatched);
      for (const message of [request.body].flat()) await strategy.calls.refuseEarly(message, dispatched);
      dispatch(node, dispatched, this.eie.scopeHierarchy);
    }

    async #limit(body: unknown, { record, traceparent }: Dispatched): Promise<void> {
      if (!exceedsLimits(body)) return;
      await this.audit.record({
        type: 'input.refused',
        outcome: 'refused',
        subject: record.admitted,
        traceId: traceIdFrom(traceparent),
        reason: 'input_invalid',
      });
      throw new BadRequestException(LIMIT_REFUSAL);
    }
  }
  declareMcpNestRoute(EieMcpController);
  if (options.resource !== undefined) declareResource(EieMcpController, options.resource);
  return EieMcpController;
}
