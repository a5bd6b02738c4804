import { type BeforeApplicationShutdown, Inject, Injectable, Optional } from '@nestjs/common';
import {
  isJSONRPCRequest,
  isJSONRPCResponse,
  type McpServer,
  ProtocolErrorCode,
  type RequestId,
  type Transport,
} from '@modelcontextprotocol/server';
import { serveStdio as serveConnection } from '@modelcontextprotocol/server/stdio';
import { AuditRecorder } from 'execution-identity/internal';
import { EieConfiguration, optionsOf } from '../../configuration/eie-configuration.js';
import { EIE_CLOCK } from '../../configuration/ports.js';
import { provided } from '../../configuration/provided.js';
import { IdentityRevocation } from '../../revocation/identity-revocation.service.js';
import { RequestRecord } from '../../record/execution-record.js';
import { traceFrom } from '../../telemetry/trace.js';
import { type AdmittedIdentity, type Clock, EieError } from 'execution-identity';
import { configuredIdentity } from 'execution-identity/internal/admit';
import { type EieMcpOptions } from '../mcp.options.js';
import { MCP_CONFIGURATION, McpServers, serverFor } from '../runtime/mcp.servers.js';
import { authInfoOf, mcpRequest, type McpRequest, traceFieldsOf } from '../protocol/mcp-request.js';
import { argumentsRefusal } from '../protocol/call-arguments.js';
import { exceedsLimits, LIMIT_REFUSAL } from '../protocol/message-limits.js';

const NEEDS = 'EieMcpModule.register()';

type Message = Parameters<NonNullable<Transport['onmessage']>>[0];

/** The client that started this process. Each of its messages runs for the configured identity, and is decided and recorded as over HTTP. */
@Injectable()
export class McpStdio implements BeforeApplicationShutdown {
  readonly #identity: AdmittedIdentity | undefined;
  readonly #audit: AuditRecorder;
  #connection?: { close(): Promise<void> };
  #isClosing = false;

  constructor(
    @Inject(MCP_CONFIGURATION) configuration: EieConfiguration<EieMcpOptions>,
    @Inject(McpServers) private readonly servers: McpServers,
    @Optional() @Inject(AuditRecorder) audit?: AuditRecorder,
    @Optional() @Inject(IdentityRevocation) revocation?: IdentityRevocation,
    @Optional() @Inject(EIE_CLOCK) clock?: Clock,
  ) {
    const now = Math.floor(provided(clock, NEEDS)() / 1000);
    const { stdio } = optionsOf(configuration);
    this.#audit = provided(audit, NEEDS);
    this.#identity = stdio && configuredIdentity(stdio.identity, now);
    if (stdio) provided(revocation, NEEDS).acceptIssuer(stdio.identity.issuer);
  }

  /** Whether the option `stdio` says in whose identity the process serves. */
  get isConfigured(): boolean {
    return this.#identity !== undefined;
  }

  serve(transport: Transport, ended: () => void): void {
    const identity = this.#identity;
    if (!identity) throw new EieError('identity_missing');
    this.#connection = serveConnection(() => this.#server(identity), { transport });
    this.#recordMessages(transport, identity);
    const closed = transport.onclose;
    transport.onclose = () => {
      closed?.();
      if (!this.#isClosing) ended();
    };
  }

  async beforeApplicationShutdown(): Promise<void> {
    this.#isClosing = true;
    await this.#connection?.close();
  }

  async #server(identity: AdmittedIdentity): Promise<McpServer> {
    const server = await serverFor(this.servers, identity);
    const connect = server.connect.bind(server);
    server.connect = async transport => {
      await connect(transport);
      const deliver = transport.onmessage;
      const open = new Map<RequestId, { id: RequestId; message: Message; request: McpRequest }>();
      transport.onmessage = (message, extra) => {
        const request = requestFor(identity, message);
        if (isJSONRPCRequest(message)) open.set(message.id, { id: message.id, message, request });
        deliver?.(message, { ...extra, authInfo: authInfoOf(request) });
      };
      const send = transport.send.bind(transport);
      transport.send = async (message, options) => {
        const answered = isJSONRPCResponse(message) ? open.get(message.id!) : undefined;
        if (answered) {
          open.delete(answered.id);
          await this.servers.messages.account(answered.message, answered.request).catch(() => undefined);
        }
        await send(message, options);
      };
    };
    return server;
  }

  /** Each message is within the limits, and has its record, before the SDK sees it. They stay in their order. */
  #recordMessages(transport: Transport, identity: AdmittedIdentity): void {
    const { messages } = this.servers;
    const deliver = transport.onmessage;
    let last = Promise.resolve();
    transport.onmessage = (message, extra) => {
      last = last.then(async () => {
        const request = requestFor(identity, message);
        try {
          if (exceedsLimits(message) || argumentsRefusal(message)) throw await this.#refusal(request);
          await messages.begin(message, request);
        } catch (error) {
          return this.#answer(message, error as EieError, transport);
        }
        deliver?.(message, extra);
      });
    };
  }

  async #refusal({ record, traceId }: McpRequest): Promise<EieError> {
    const refusal = new EieError('input_invalid');
    await this.#audit.recordOutcome({
      type: 'input.refused',
      outcome: 'refused',
      subject: record.admitted,
      traceId,
      reason: refusal,
    });
    return refusal;
  }

  async #answer(message: Message, refusal: EieError, transport: Transport): Promise<void> {
    if (!isJSONRPCRequest(message)) return;
    const error = { code: ProtocolErrorCode.InternalError, message: refusal.message, data: { code: refusal.code } };
    const input = argumentsRefusal(message) ?? LIMIT_REFUSAL;
    const answer = refusal.code === 'input_invalid' ? input : { jsonrpc: '2.0' as const, error };
    await transport.send({ ...answer, id: message.id }).catch(() => undefined);
  }
}

const requestFor = (identity: AdmittedIdentity, message: Message): McpRequest =>
  mcpRequest(new RequestRecord(identity), traceFrom({}, traceFieldsOf(message)));
