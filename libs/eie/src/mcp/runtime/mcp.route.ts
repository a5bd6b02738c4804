import { All, type BeforeApplicationShutdown, Inject, Optional, Req, Res } from '@nestjs/common';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { type AuthInfo, createMcpHandler, type McpServer } from '@modelcontextprotocol/server';
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
import { McpExplorer } from './mcp.explorer.js';
import { type EieMcpOptions } from '../mcp.options.js';
import { mcpServer } from './mcp.server.js';
import { incomingMessage } from '../protocol/incoming-message.js';
import { authInfoOf, type McpRequest, requestOf, traceparentOf } from '../protocol/mcp-request.js';
import { RequestStates } from '../protocol/request-states.js';
import { Sessions } from './sessions.js';

/** As Node describes a request; the SDK's own type says that its `method` and `url` are never absent. */
type Serve = (request: IncomingMessage, response: ServerResponse, body: unknown) => Promise<void>;

/** @internal The token of the options of a route, in the module of the route. */
export const MCP_CONFIGURATION = Symbol('eie:mcp-configuration');

const NEEDS = 'EieMcpModule.register()';
/** States between two rounds that are remembered as used, in this process. */
const STATES = 10_000;

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
  readonly #handler = createMcpHandler(({ authInfo }) => this.#server(authInfo));
  readonly #serve = toNodeHandler(this.#handler) as Serve;
  readonly #sessions?: Sessions;

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
    const authenticated = Object.assign(node, { auth: authInfoOf(call, metadataUrls(this.#resource).pathAware) });
    if (await this.#sessions?.handle(authenticated, raw, message)) return;
    await this.#serve(authenticated, raw, message);
  }

  /** Before Nest waits for its connections: an open stream would keep it waiting. */
  async beforeApplicationShutdown(): Promise<void> {
    this.#sessions?.close();
    await this.#handler.close();
  }

  #server(authInfo: AuthInfo | undefined): Promise<McpServer> {
    const { name, version, title, configure } = this.#options;
    return mcpServer(this.explorer.entries, requestOf(authInfo).record.admitted, {
      info: { name, version, ...(title !== undefined && { title }) },
      authorizer: this.#authorizer,
      audit: this.#audit,
      log: this.#log,
      diagnostics: this.#diagnostics,
      states: this.#states,
      ...(configure && { configure }),
      challengeOf: refusal => challenge(refusal, this.#resource, ['Bearer']),
    });
  }
}
