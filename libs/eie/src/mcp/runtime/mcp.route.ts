import { All, type BeforeApplicationShutdown, Inject, Optional, Req, Res } from '@nestjs/common';
import {
  type AuthInfo,
  createMcpHandler,
  type McpHandlerRequestOptions,
  type McpServer,
} from '@modelcontextprotocol/server';
import { AuditRecorder } from 'execution-identity/internal';
import { Authorizer } from '../../authorization/authorizer.js';
import { Dispatcher } from '../../authorization/policy-metadata.js';
import { ExecutionLog } from '../../execution/execution-log.js';
import { exposeHeaders, keepReplyHeaders } from '../../http/browser-access.js';
import { challenge } from '../../http/challenge.js';
import { metadataUrls } from '../../http/metadata-urls.js';
import { type HttpRequest, type HttpResponse, nodeRequest, nodeResponse } from '../../http/http-request.js';
import { Resources } from '../../http/resources.js';
import { requestIn } from '../../record/execution-record.js';
import { traceIdFrom } from '../../record/trace-id.js';
import {
  type Clock,
  type Diagnostics,
  EieError,
  EncryptedRequestStateStore,
  MemoryReplayStore,
} from 'execution-identity';
import { EIE_CLOCK, EIE_DIAGNOSTICS } from '../../configuration/ports.js';
import { EieConfiguration, optionsOf } from '../../configuration/eie-configuration.js';
import { provided } from '../../configuration/provided.js';
import { type ServerOptions } from '../../configuration/server-profile.js';
import { CallerNames } from '../../http/host-and-origin.js';
import { McpCatalog } from './mcp-catalog.js';
import { McpExplorer } from './mcp.explorer.js';
import { type EieMcpOptions } from '../mcp.options.js';
import { mcpServer } from './mcp.server.js';
import { MessageLog } from './message-log.js';
import { Exchange, methodNotAllowed, webRequest } from '../protocol/exchange.js';
import { incomingMessage } from '../protocol/incoming-message.js';
import { authInfoOf, type McpRequest, requestOf, traceparentOf } from '../protocol/mcp-request.js';
import { RequestStates } from '../protocol/request-states.js';
import { Sessions } from './sessions.js';
import { Streams } from './streams.js';

/** @internal The token of the options of a route, in the module of the route. */
export const MCP_CONFIGURATION = Symbol('eie:mcp-configuration');

const NEEDS = 'EieMcpModule.register()';
/** States between two rounds that are remembered as used, in this process. */
const STATES = 40_000;

/**
 * The HTTP route of MCP: Streamable HTTP for clients of both protocol eras, by the official SDK. It runs after the
 * guard, so what it hands to the SDK holds no credential. `EieMcpModule.register()` gives it its path.
 */
export class McpRoute implements BeforeApplicationShutdown {
  readonly #options: EieMcpOptions;
  readonly #authorizer: Authorizer;
  readonly #audit: AuditRecorder;
  readonly #log: ExecutionLog;
  readonly #diagnostics: Diagnostics;
  readonly #resource: string;
  readonly #callers: CallerNames;
  readonly #states: RequestStates;
  readonly #messages: MessageLog;
  readonly #streams = new Streams();
  // The SDK counts subscriptions of all principals together.
  readonly #handler = createMcpHandler(({ authInfo }) => this.#server(authInfo), { maxSubscriptions: Infinity });
  readonly #sessions?: Sessions;
  #catalog: McpCatalog | undefined;

  constructor(
    @Inject(MCP_CONFIGURATION) configuration: EieConfiguration<EieMcpOptions>,
    @Inject(McpExplorer) private readonly explorer: McpExplorer,
    @Optional() @Inject(Authorizer) authorizer?: Authorizer,
    @Optional() @Inject(AuditRecorder) audit?: AuditRecorder,
    @Optional() @Inject(ExecutionLog) log?: ExecutionLog,
    @Optional() @Inject(Resources) found?: Resources,
    @Optional() @Inject(EIE_CLOCK) clock?: Clock,
    @Optional() @Inject(EIE_DIAGNOSTICS) diagnostics?: Diagnostics,
    @Optional() @Inject(EieConfiguration) server?: EieConfiguration<ServerOptions>,
  ) {
    const [options, resources] = [optionsOf(configuration), provided(found, NEEDS)];
    this.#options = options;
    this.#authorizer = provided(authorizer, NEEDS);
    this.#audit = provided(audit, NEEDS);
    this.#log = provided(log, NEEDS);
    this.#diagnostics = provided(diagnostics, NEEDS);
    this.#messages = new MessageLog(
      this.#audit,
      ({ method }) => this.#served.runs(method),
      options.configure !== undefined,
    );
    this.#resource = options.resource ?? resources.main;
    this.#callers = new CallerNames(this.#resource, options);
    const { ports = {} } = optionsOf(provided(server, NEEDS));
    this.#states = new RequestStates({
      store: ports.requestState ?? new EncryptedRequestStateStore(),
      replays: ports.replay ?? new MemoryReplayStore(STATES),
      resource: this.#resource,
      clock: provided(clock, NEEDS),
      diagnostics: provided(diagnostics, NEEDS),
    });
    if (options.sessions) this.#sessions = new Sessions(authInfo => this.#server(authInfo));
    resources.add(this.#resource);
  }

  @All()
  @Dispatcher()
  async handle(@Req() request: HttpRequest, @Res() response: HttpResponse & { hijack?(): void }): Promise<void> {
    const record = requestIn(request);
    if (!record) throw new EieError('identity_missing');
    const { admitted } = record;
    const node = nodeRequest(request);
    const traceIdOf = (message: unknown): string => traceIdFrom(traceparentOf(message) ?? node.headers.traceparent);
    const stranger = this.#callers.refusalOf(node.headers);
    if (stranger) await this.#authorizer.refuse(stranger, admitted, { traceId: traceIdOf(request.body) });
    const { message, refusal } = await incomingMessage(request);
    if (refusal) {
      await this.#audit.record({
        type: 'input.refused',
        outcome: 'refused',
        subject: admitted,
        traceId: traceIdOf(request.body),
        reason: 'input_invalid',
      });
      throw refusal;
    }
    const call: McpRequest = { record, traceId: traceIdOf(message), decisions: new Map() };
    const raw = nodeResponse(response);
    keepReplyHeaders(response, raw);
    exposeHeaders(node.headers, (name, value) => raw.appendHeader(name, value));
    response.hijack?.();
    const exchange = new Exchange(raw, message, refusal => this.#challengeOf(refusal));
    record.onEnd = refusal => exchange.end(refusal);
    await exchange.send(
      this.#recorded(call, async () => {
        this.#streams.enter(raw, message, node.method, call);
        await this.#messages.begin(message, call, node.method);
        return this.#answer(webRequest(node, exchange.signal), message, call);
      }),
    );
  }

  /** Before Nest waits for its connections: an open stream would keep it waiting. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#sessions?.close();
    await this.#handler.close();
  }

  async #recorded(call: McpRequest, answer: () => Promise<Response>): Promise<Response> {
    try {
      return await answer();
    } catch (error) {
      if (error instanceof EieError) await this.#messages.refuse(call, error.code);
      throw error;
    }
  }

  async #answer(request: Request | undefined, message: unknown, call: McpRequest): Promise<Response> {
    const authInfo = authInfoOf(call, metadataUrls(this.#resource).pathAware);
    const ofSession = request && (await this.#sessions?.answer(request, authInfo, message));
    const parsed = message === undefined ? {} : { parsedBody: message };
    const response = ofSession?.response ?? (await this.#respond(request, { authInfo, ...parsed }));
    await (ofSession?.refusal ? this.#messages.refuse(call, ofSession.refusal) : this.#messages.note(response, call));
    return response;
  }

  async #respond(request: Request | undefined, options: McpHandlerRequestOptions): Promise<Response> {
    return request ? this.#handler.fetch(request, options) : methodNotAllowed();
  }

  /** Made at its first use: the entries are known only after the boot checks. */
  get #served(): McpCatalog {
    return (this.#catalog ??= new McpCatalog(this.explorer.entries));
  }

  #server(authInfo: AuthInfo | undefined): Promise<McpServer> {
    const { name, version, title, configure } = this.#options;
    return mcpServer(this.#served, requestOf(authInfo).record.admitted, {
      info: { name, version, ...(title !== undefined && { title }) },
      authorizer: this.#authorizer,
      audit: this.#audit,
      log: this.#log,
      diagnostics: this.#diagnostics,
      states: this.#states,
      ...(configure && { configure }),
      challengeOf: refusal => this.#challengeOf(refusal),
    });
  }

  #challengeOf(refusal: EieError): string | undefined {
    return challenge(refusal, this.#resource, ['Bearer']);
  }
}
