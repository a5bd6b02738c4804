import { type ServerResponse } from 'node:http';
import {
  type BeforeApplicationShutdown,
  Delete,
  Get,
  Inject,
  type OnApplicationBootstrap,
  Optional,
  Post,
  Req,
  Res,
  type Type,
} from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { MessagePattern } from '@nestjs/microservices';
import { AuditRecorder } from 'execution-identity/internal';
import { Authorizer } from '../authorization/authorizer.js';
import { HandlerRegistry } from '../authorization/handler-registry.js';
import { Dispatcher } from '../authorization/policy-metadata.js';
import { ExecutionLog } from '../execution/execution-log.js';
import { challenge } from '../http/challenge.js';
import { type HttpRequest, type HttpResponse, nodeRequest, nodeResponse } from '../http/http-request.js';
import { declareResource, Resources } from '../http/resources.js';
import { requestIn, type RequestRecord } from '../record/execution-record.js';
import { traceFrom, traceIdFrom } from '../telemetry/trace.js';
import { TargetRegistry } from '../delegation/targets/target-registry.js';
import { EieError } from 'execution-identity';
import { CallerNames } from '../http/host-and-origin.js';
import { tellEnd } from '../mcp/protocol/tell-end.js';
import { incomingMessage } from '../mcp/protocol/incoming-message.js';
import { mcpRequest } from '../mcp/protocol/mcp-request.js';
import { MessageLog } from '../mcp/runtime/message-log.js';
import { Streams } from '../mcp/runtime/streams.js';
import { BootChecks } from '../boot/boot-checks.js';
import { Posture } from '../boot/posture/posture.js';
import { claimTransport } from '../boot/nest-handlers.js';
import { provided } from '../configuration/provided.js';
import { ServerProfile } from '../configuration/server-profile.js';
import { readOptions } from '../options/read-options.js';
import { RouteAccessOptions } from '../mcp/route.options.js';
import { ConnectionCheck, PROBE } from './connection.check.js';
import { dispatch, type Dispatched } from './dispatched.js';
import { EieMcpStrategy } from './eie-mcp.strategy.js';
import { routePosture } from './route-posture.js';

const NEEDS = 'EieMcpControllerFor()';
/** The SDK in mcp-nest serves 1,024 subscriptions, of all principals together. */
const STREAMS = 1_000;

/**
 * The route of a strategy, in place of `McpHttpControllerFor(transport)` of mcp-nest. Extend it in a controller with the path, and list
 * that in `controllers`; give it no constructor and no guard that reads a token. It runs after the guard, so mcp-nest gets an admitted
 * request without credentials. What its sender may not use is refused here, as `insufficient_scope` with HTTP 403; so are other hosts
 * and pages (`host_refused`, `origin_refused`) and messages that are compressed, no JSON or past all limits (`input_invalid`). It does NOT decide what a resource needs:
 * which one a URI means is known where it runs.
 *
 * @throws EieConfigurationError naming each wrong option
 * @example @Controller('mcp') class McpController extends EieMcpControllerFor(strategy) {}
 */
export function EieMcpControllerFor(strategy: EieMcpStrategy, input: RouteAccessOptions = {}): Type {
  const options = readOptions(RouteAccessOptions, input, NEEDS);
  const { httpHandlers } = strategy;
  class EieMcpController implements OnApplicationBootstrap, BeforeApplicationShutdown {
    readonly #authorizer: Authorizer;
    readonly #audit: AuditRecorder;
    readonly #messages: MessageLog;
    readonly #streams = new Streams(STREAMS);
    readonly #challengeOf: (refusal: EieError, scheme: RequestRecord['scheme']) => string | undefined;
    readonly #profile: ServerProfile;
    readonly #callers: CallerNames;

    constructor(
      @Inject(ModulesContainer) modules: ModulesContainer,
      @Optional() @Inject(Authorizer) authorizer?: Authorizer,
      @Optional() @Inject(AuditRecorder) audit?: AuditRecorder,
      @Optional() @Inject(ExecutionLog) log?: ExecutionLog,
      @Optional() @Inject(ServerProfile) profile?: ServerProfile,
      @Optional() @Inject(Resources) found?: Resources,
      @Optional() @Inject(TargetRegistry) targets?: TargetRegistry,
      @Optional() @Inject(HandlerRegistry) registry?: HandlerRegistry,
      @Optional() @Inject(BootChecks) bootChecks?: BootChecks,
      @Optional() @Inject(Posture) posture?: Posture,
    ) {
      this.#authorizer = provided(authorizer, NEEDS);
      this.#audit = provided(audit, NEEDS);
      // What does not exist runs nothing, and mcp-nest alone knows which resources do.
      this.#messages = new MessageLog(this.#audit, message => strategy.calls.calledBy(message) !== undefined);
      this.#profile = provided(profile, NEEDS);
      const [resources, checks] = [provided(found, NEEDS), provided(bootChecks, NEEDS)];
      const resource = options.resource ?? resources.main;
      this.#challengeOf = (refusal, scheme) => challenge(refusal, resource, [scheme]);
      resources.add(resource, options);
      this.#callers = new CallerNames(resource, options);
      const connection = new ConnectionCheck(
        strategy,
        modules,
        {
          registry: provided(registry, NEEDS),
          targets: provided(targets, NEEDS),
          identityFields: this.#profile.identityFields,
        },
        other => other instanceof EieMcpStrategy,
      );
      checks.add(connection);
      provided(posture, NEEDS).add(routePosture(new.target, resource, options, connection));
      strategy.attach({
        authorizer: this.#authorizer,
        audit: this.#audit,
        log: provided(log, NEEDS),
        checks,
        connection,
        challengeOf: this.#challengeOf,
      });
    }

    async onApplicationBootstrap(): Promise<void> {
      // With `deferInitialization` its handlers come later, and `listen()` of the strategy proves them.
      if (strategy.getHandlers().size) await strategy.prove();
    }

    /** Before Nest waits for its connections: it closes a strategy after that. */
    beforeApplicationShutdown(): void {
      this.#streams.close(this.#profile.callDeadline * 1000);
    }

    @MessagePattern(PROBE, strategy.transportId)
    probe(): void {}

    @Post()
    @Dispatcher()
    async post(@Req() request: HttpRequest, @Res() response: HttpResponse): Promise<void> {
      await this.#serve(request, response, () => httpHandlers.handlePost(request, response));
    }

    @Get()
    @Dispatcher()
    async get(@Req() request: HttpRequest, @Res() response: HttpResponse): Promise<void> {
      await this.#serve(request, response, () => httpHandlers.handleGet(request, response));
    }

    @Delete()
    @Dispatcher()
    async delete(@Req() request: HttpRequest, @Res() response: HttpResponse): Promise<void> {
      await this.#serve(request, response, () => httpHandlers.handleDelete(request, response));
    }

    async #serve(request: HttpRequest, response: HttpResponse, handle: () => void | Promise<void>): Promise<void> {
      const dispatched = await this.#admit(request, nodeResponse(response));
      await handle();
      const { statusCode } = nodeResponse(response);
      const calls = [request.body].flat().filter(message => strategy.calls.calledBy(message)).length;
      if (calls > dispatched.accounted && statusCode !== 499)
        await this.#messages
          .refuse(dispatched.call, statusCode >= 400 ? `http_${statusCode}` : new EieError('input_invalid'))
          .catch(() => undefined);
    }

    async #admit(request: HttpRequest, response: ServerResponse): Promise<Dispatched> {
      const record = requestIn(request);
      if (!record) throw new EieError('identity_missing');
      const node = nodeRequest(request);
      const { headers } = node;
      const call = mcpRequest(record, traceFrom(headers));
      const dispatched: Dispatched = { record, headers, call, accounted: 0 };
      const refusal = this.#callers.refusalOf(node.headers);
      if (refusal) await this.#authorizer.refuse(refusal, record.admitted, call);
      // mcp-nest takes the message from there, and reads a body without a limit where there is none.
      const message = (request.body = await this.#messageOf(request, dispatched));
      // The body may have taken its time.
      if (record.ended) await this.#authorizer.refuse(record.ended, record.admitted, call);
      try {
        this.#streams.enter(response, message, node.method, call);
      } catch (error) {
        await this.#messages.refuse(call, error as EieError);
        throw error;
      }
      record.answer = { end: ended => tellEnd(response, message, ended, one => this.#challengeOf(one, record.scheme)) };
      await this.#messages.begin(message, call, node.method);
      for (const one of [message].flat()) await strategy.calls.refuseEarly(one, dispatched);
      dispatch(node, dispatched, this.#profile.scopeHierarchy);
      return dispatched;
    }

    async #messageOf(request: HttpRequest, { record, headers }: Dispatched): Promise<unknown> {
      const { message, refusal } = await incomingMessage(request);
      if (!refusal) return message;
      await this.#audit.record({
        type: 'input.refused',
        outcome: 'refused',
        subject: record.admitted,
        traceId: traceIdFrom(headers),
        reason: refusal.reason,
      });
      throw refusal.answer;
    }
  }
  claimTransport(EieMcpController, strategy.transportId);
  declareResource(EieMcpController, options);
  return EieMcpController;
}
