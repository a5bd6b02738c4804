import {
  All,
  type BeforeApplicationShutdown,
  Inject,
  type OnApplicationShutdown,
  Optional,
  Req,
  Res,
} from '@nestjs/common';
import { type AuthInfo, type McpServer } from '@modelcontextprotocol/server';
import { AuditRecorder } from 'execution-identity/internal';
import { Authorizer } from '../../authorization/authorizer.js';
import { Dispatcher } from '../../authorization/policy-metadata.js';
import { exposeHeaders, keepReplyHeaders } from '../../http/browser-access.js';
import { challenge } from '../../http/challenge.js';
import { metadataUrls } from '../../http/metadata-urls.js';
import { type HttpRequest, type HttpResponse, nodeRequest, nodeResponse } from '../../http/http-request.js';
import { Resources } from '../../http/resources.js';
import { IdentityRevocation } from '../../revocation/identity-revocation.service.js';
import { requestIn, type RequestRecord } from '../../record/execution-record.js';
import { type Trace, traceFrom } from '../../telemetry/trace.js';
import { type Diagnostics, EieError } from 'execution-identity';
import { EieConfiguration, optionsOf } from '../../configuration/eie-configuration.js';
import { EIE_DIAGNOSTICS } from '../../configuration/ports.js';
import { provided } from '../../configuration/provided.js';
import { ServerProfile } from '../../configuration/server-profile.js';
import { CallerNames } from '../../http/host-and-origin.js';
import { type EieMcpOptions } from '../mcp.options.js';
import { MCP_CONFIGURATION, McpServers, serverFor } from './mcp.servers.js';
import { Exchange } from '../protocol/exchange.js';
import { incomingMessage } from '../protocol/incoming-message.js';
import { authInfoOf, mcpRequest, type McpRequest, requestOf, traceFieldsOf } from '../protocol/mcp-request.js';
import { webRequest } from '../protocol/web-request.js';
import { SdkResponses } from './sdk-responses.js';
import { Sessions } from './sessions.js';
import { isServedAlone } from './single-answer.js';
import { staysOpen, Streams } from './streams.js';

const NEEDS = 'EieMcpModule.register()';

/**
 * The HTTP route of MCP: Streamable HTTP for clients of both protocol eras, by the official SDK. It runs after the
 * guard, so what it hands to the SDK holds no credential. `EieMcpModule.register()` gives it its path.
 */
export class McpRoute implements BeforeApplicationShutdown, OnApplicationShutdown {
  readonly #authorizer: Authorizer;
  readonly #audit: AuditRecorder;
  readonly #callers: CallerNames;
  readonly #streams = new Streams();
  readonly #responses: SdkResponses;
  readonly #sessions?: Sessions;
  /** Seconds. */
  readonly #callDeadline: number;
  /** Once the application is being closed. */
  #closing?: NodeJS.Timeout;
  /** What the application registers may tell a client something at any time. */
  readonly #isConfigured: boolean;

  constructor(
    @Inject(MCP_CONFIGURATION) configuration: EieConfiguration<EieMcpOptions>,
    @Inject(McpServers) private readonly servers: McpServers,
    @Optional() @Inject(Authorizer) authorizer?: Authorizer,
    @Optional() @Inject(AuditRecorder) audit?: AuditRecorder,
    @Optional() @Inject(Resources) resources?: Resources,
    @Optional() @Inject(IdentityRevocation) revocation?: IdentityRevocation,
    @Optional() @Inject(EIE_DIAGNOSTICS) diagnostics?: Diagnostics,
    @Optional() @Inject(ServerProfile) profile?: ServerProfile,
  ) {
    const options = optionsOf(configuration);
    this.#authorizer = provided(authorizer, NEEDS);
    this.#audit = provided(audit, NEEDS);
    this.#callers = new CallerNames(servers.resource, options);
    this.#isConfigured = options.configure !== undefined;
    this.#responses = new SdkResponses(authInfo => this.#server(authInfo), this.#isConfigured);
    this.#callDeadline = provided(profile, NEEDS).callDeadline;
    if (options.sessions)
      this.#sessions = new Sessions(
        authInfo => this.#server(authInfo),
        provided(revocation, NEEDS),
        provided(diagnostics, NEEDS),
      );
    provided(resources, NEEDS).add(servers.resource, options);
  }

  /**
   * Returns when the message has been taken, and not when it has its answer: what stands around the handlers of an HTTP application must not
   * answer in its place, nor handle it again. Interceptors of the application stand around each call.
   */
  @All()
  @Dispatcher()
  async handle(@Req() request: HttpRequest, @Res() response: HttpResponse & { hijack?(): void }): Promise<void> {
    const record = requestIn(request);
    if (!record) throw new EieError('identity_missing');
    const { admitted } = record;
    const node = nodeRequest(request);
    const traceOf = (message: unknown): Trace => traceFrom(node.headers, traceFieldsOf(message));
    const stranger = this.#callers.refusalOf(node.headers);
    if (stranger) await this.#authorizer.refuse(stranger, admitted, traceOf(request.body));
    const { message, refusal } = await incomingMessage(request);
    if (refusal) {
      await this.#audit.record({
        type: 'input.refused',
        outcome: 'refused',
        subject: admitted,
        traceId: traceOf(request.body).traceId,
        reason: refusal.reason,
      });
      throw refusal.answer;
    }
    const call = mcpRequest(record, traceOf(message));
    // The body may have taken its time.
    if (record.ended) await this.#authorizer.refuse(record.ended, admitted, call);
    const raw = nodeResponse(response);
    // An interceptor of the application may have answered while the body came, or handles the request again.
    if (raw.headersSent || record.answer) return;
    keepReplyHeaders(response, raw);
    exposeHeaders(node.headers, (name, value) => raw.appendHeader(name, value));
    response.hijack?.();
    const exchange = new Exchange(raw, message, refusal => this.#challengeOf(refusal, record.scheme));
    record.answer = exchange;
    call.exchange = exchange;
    const answer = this.#recorded(call, async () => {
      this.#streams.enter(raw, message, node.method, call);
      await this.servers.messages.begin(message, call, node.method);
      return this.#answer(webRequest(node, this.#signalOf(message, exchange)), message, call);
    });
    void exchange
      .send(answer)
      .then(() => this.servers.messages.account(message, call))
      .catch(() => undefined);
  }

  /**
   * Before Nest waits for its connections: what would stay open is closed, and is not opened any more. Nest waits for the calls that run, as for
   * any HTTP handler; here at most until the deadline of a call.
   */
  async beforeApplicationShutdown(): Promise<void> {
    const end = (): void => this.#streams.end(new EieError('server_closing'));
    this.#closing ??= setTimeout(end, this.#callDeadline * 1000).unref();
    this.#sessions?.endOpen();
    await this.#responses.closeSubscriptions();
  }

  async onApplicationShutdown(): Promise<void> {
    clearTimeout(this.#closing);
    this.#streams.end(new EieError('server_closing'));
    this.#sessions?.close();
    await this.#responses.close();
  }

  async #recorded(call: McpRequest, answer: () => Promise<Response>): Promise<Response> {
    try {
      return await answer();
    } catch (error) {
      if (error instanceof EieError) await this.servers.messages.refuse(call, error);
      throw error;
    }
  }

  async #answer(request: Request | undefined, message: unknown, call: McpRequest): Promise<Response> {
    if (this.#closing && staysOpen(message, request?.method)) throw new EieError('server_closing');
    const authInfo = authInfoOf(call, metadataUrls(this.servers.resource).pathAware);
    const ofSession = request && (await this.#sessions?.answer(request, authInfo, message));
    const response = ofSession?.response ?? (await this.#responses.of(request, authInfo, message));
    await (ofSession?.refusal
      ? this.servers.messages.refuse(call, new EieError(ofSession.refusal))
      : this.servers.messages.note(response, call));
    return response;
  }

  #server(authInfo: AuthInfo | undefined): Promise<McpServer> {
    const {
      record: { admitted, scheme },
    } = requestOf(authInfo);
    return serverFor(this.servers, admitted, refusal => this.#challengeOf(refusal, scheme));
  }

  /** Where one server serves one request, it is closed when the client goes away. A signal is for what may stay open, and for what an application registers. */
  #signalOf(message: unknown, exchange: Exchange): AbortSignal | undefined {
    return this.#isConfigured || !isServedAlone(message) ? exchange.signal() : undefined;
  }

  #challengeOf(refusal: EieError, scheme: RequestRecord['scheme']): string | undefined {
    return challenge(refusal, this.servers.resource, [scheme]);
  }
}
