import { All, type BeforeApplicationShutdown, Inject, Optional, Req, Res } from '@nestjs/common';
import { type AuthInfo, createMcpHandler, type McpServer } from '@modelcontextprotocol/server';
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
import { CallerNames } from '../../http/host-and-origin.js';
import { type EieMcpOptions } from '../mcp.options.js';
import { MCP_CONFIGURATION, McpServers, serverFor } from './mcp.servers.js';
import { answerDirectly } from '../protocol/direct-answer.js';
import { Exchange } from '../protocol/exchange.js';
import { methodNotAllowed } from '../protocol/rpc-error.js';
import { incomingMessage } from '../protocol/incoming-message.js';
import { authInfoOf, mcpRequest, type McpRequest, requestOf, traceFieldsOf } from '../protocol/mcp-request.js';
import { webRequest } from '../protocol/web-request.js';
import { Sessions } from './sessions.js';
import { hasSingleAnswer, isServedAlone, singleAnswer } from './single-answer.js';
import { Streams } from './streams.js';

const NEEDS = 'EieMcpModule.register()';

/**
 * The HTTP route of MCP: Streamable HTTP for clients of both protocol eras, by the official SDK. It runs after the
 * guard, so what it hands to the SDK holds no credential. `EieMcpModule.register()` gives it its path.
 */
export class McpRoute implements BeforeApplicationShutdown {
  readonly #authorizer: Authorizer;
  readonly #audit: AuditRecorder;
  readonly #callers: CallerNames;
  readonly #streams = new Streams();
  // The SDK counts subscriptions of all principals together.
  readonly #handler = createMcpHandler(
    ({ authInfo, era }) => (era === 'modern' ? this.#directServer(authInfo) : this.#server(authInfo)),
    { maxSubscriptions: Infinity },
  );
  readonly #sessions?: Sessions;
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
  ) {
    const options = optionsOf(configuration);
    this.#authorizer = provided(authorizer, NEEDS);
    this.#audit = provided(audit, NEEDS);
    this.#callers = new CallerNames(servers.resource, options);
    this.#isConfigured = options.configure !== undefined;
    if (options.sessions)
      this.#sessions = new Sessions(
        authInfo => this.#server(authInfo),
        provided(revocation, NEEDS),
        provided(diagnostics, NEEDS),
      );
    provided(resources, NEEDS).add(servers.resource, options);
  }

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
        reason: new EieError('input_invalid'),
      });
      throw refusal;
    }
    const call = mcpRequest(record, traceOf(message));
    // The body may have taken its time.
    if (record.ended) await this.#authorizer.refuse(record.ended, admitted, call);
    const raw = nodeResponse(response);
    keepReplyHeaders(response, raw);
    exposeHeaders(node.headers, (name, value) => raw.appendHeader(name, value));
    response.hijack?.();
    const exchange = new Exchange(raw, message, refusal => this.#challengeOf(refusal, record.scheme));
    record.answer = exchange;
    call.exchange = exchange;
    await exchange.send(
      this.#recorded(call, async () => {
        this.#streams.enter(raw, message, node.method, call);
        await this.servers.messages.begin(message, call, node.method);
        return this.#answer(webRequest(node, this.#signalOf(message, exchange)), message, call);
      }),
    );
    await this.servers.messages.account(message, call).catch(() => undefined);
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
      if (error instanceof EieError) await this.servers.messages.refuse(call, error);
      throw error;
    }
  }

  async #answer(request: Request | undefined, message: unknown, call: McpRequest): Promise<Response> {
    const authInfo = authInfoOf(call, metadataUrls(this.servers.resource).pathAware);
    const ofSession = request && (await this.#sessions?.answer(request, authInfo, message));
    const response = ofSession?.response ?? (await this.#respond(request, authInfo, message));
    await (ofSession?.refusal
      ? this.servers.messages.refuse(call, new EieError(ofSession.refusal))
      : this.servers.messages.note(response, call));
    return response;
  }

  async #respond(request: Request | undefined, authInfo: AuthInfo, message: unknown): Promise<Response> {
    if (!request) return methodNotAllowed();
    if (!this.#isConfigured && hasSingleAnswer(request, message))
      return singleAnswer(request, () => this.#directServer(authInfo), authInfo, message);
    return this.#handler.fetch(request, { authInfo, ...(message !== undefined && { parsedBody: message }) });
  }

  #server(authInfo: AuthInfo | undefined): Promise<McpServer> {
    const {
      record: { admitted, scheme },
    } = requestOf(authInfo);
    return serverFor(this.servers, admitted, refusal => this.#challengeOf(refusal, scheme));
  }

  /** For one request. */
  async #directServer(authInfo: AuthInfo | undefined): Promise<McpServer> {
    const { exchange } = requestOf(authInfo);
    const server = await this.#server(authInfo);
    return exchange ? answerDirectly(server, exchange, this.#isConfigured) : server;
  }

  /** Where one server serves one request, it is closed when the client goes away. A signal is for what may stay open, and for what an application registers. */
  #signalOf(message: unknown, exchange: Exchange): AbortSignal | undefined {
    return this.#isConfigured || !isServedAlone(message) ? exchange.signal() : undefined;
  }

  #challengeOf(refusal: EieError, scheme: RequestRecord['scheme']): string | undefined {
    return challenge(refusal, this.servers.resource, [scheme]);
  }
}
