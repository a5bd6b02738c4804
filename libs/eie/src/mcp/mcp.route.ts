import { type IncomingMessage } from 'node:http';
import { All, BadRequestException, type BeforeApplicationShutdown, Inject, Req, Res } from '@nestjs/common';
import { toNodeHandler } from '@modelcontextprotocol/node';
import { type AuthInfo, createMcpHandler, ProtocolErrorCode } from '@modelcontextprotocol/server';
import { AuditTrail } from '../audit/audit-trail.js';
import { Authorizer } from '../authorization/authorizer.js';
import { markDispatcher } from '../authorization/requirements.js';
import { challenge, metadataUrls } from '../boundary/challenge.js';
import { type HttpRequest, type HttpResponse, nodeRequest, nodeResponse, throwOnRead } from '../boundary/credential.js';
import { admissionOf, traceIdFrom } from '../carrier.js';
import { EieError } from '../eie.error.js';
import { EieOptions } from '../eie.options.js';
import { exceedsLimits } from './message-limits.js';
import { type McpRequest, type McpServerInfo, toolServer } from './tool.server.js';
import { ToolsExplorer } from './tools.explorer.js';

/** @internal The token of {@link McpServerInfo}. */
export const MCP_SERVER_INFO = Symbol('eie:mcp-server-info');

const Dispatcher = (): MethodDecorator => (_target, _key, descriptor) => markDispatcher(descriptor.value as object);

/**
 * The HTTP route of MCP: Streamable HTTP for clients of both protocol eras, by the official SDK. It runs after the
 * guard, so what it hands to the SDK holds no credential. `EieMcpModule.register()` gives it its path.
 */
export class McpRoute implements BeforeApplicationShutdown {
  readonly #handler = createMcpHandler(({ authInfo }) => {
    const request = authInfo?.extra as unknown as McpRequest;
    const challengeOf = (refusal: EieError): string | undefined => challenge(refusal, this.options.resource, ['Bearer']);
    return toolServer(this.explorer.tools.values(), request, { info: this.info, authorizer: this.authorizer, trail: this.trail, challengeOf });
  });
  readonly #serve = toNodeHandler(this.#handler);

  constructor(
    @Inject(ToolsExplorer) private readonly explorer: ToolsExplorer,
    @Inject(Authorizer) private readonly authorizer: Authorizer,
    @Inject(AuditTrail) private readonly trail: AuditTrail,
    @Inject(EieOptions) private readonly options: EieOptions,
    @Inject(MCP_SERVER_INFO) private readonly info: McpServerInfo,
  ) {}

  @All()
  @Dispatcher()
  async handle(@Req() request: HttpRequest, @Res() response: HttpResponse & { hijack?(): void }): Promise<void> {
    const admitted = admissionOf(request);
    if (!admitted) throw new EieError('identity_missing');
    const node = nodeRequest(request);
    const call: McpRequest = { admitted, traceId: traceIdFrom(traceparent(node, request.body)) };
    if (exceedsLimits(request.body)) {
      await this.trail.record({ type: 'input.refused', outcome: 'refused', subject: admitted, traceId: call.traceId, reason: 'input_invalid' });
      throw new BadRequestException({ jsonrpc: '2.0', id: null, error: { code: ProtocolErrorCode.InvalidRequest, message: 'The message is too deep, too large or too wide' } });
    }
    response.hijack?.();
    await this.#serve(Object.assign(node, { auth: this.#authInfo(call) }), nodeResponse(response), request.body);
  }

  /** Before Nest waits for its connections: an open stream would keep it waiting. */
  async beforeApplicationShutdown(): Promise<void> {
    await this.#handler.close();
  }

  /** The SDK's own shape, for its scope challenge and our factory. Its `token` is mandatory there, and throws here. */
  #authInfo(call: McpRequest): AuthInfo {
    const { agent, authorization, expiresAt } = call.admitted;
    const auth = {
      clientId: agent.client_id,
      scopes: [...authorization.scopes],
      expiresAt,
      resourceMetadataUrl: metadataUrls(this.options.resource).pathAware,
      extra: { ...call },
    };
    throwOnRead(auth, 'token');
    return auth as unknown as AuthInfo;
  }
}

/** `_meta.traceparent` of a single message (MCP 2026-07-28, trace context), else the HTTP header. */
function traceparent({ headers }: IncomingMessage, body: unknown): unknown {
  const params = (body as { params?: { _meta?: { traceparent?: unknown } } } | undefined)?.params;
  return params?._meta?.traceparent ?? headers.traceparent;
}
