import { type BeforeApplicationShutdown, Inject, Injectable, Optional } from '@nestjs/common';
import { isJSONRPCRequest, isJSONRPCResponse, type McpServer, type Transport } from '@modelcontextprotocol/server';
import { serveStdio as serveConnection } from '@modelcontextprotocol/server/stdio';
import { AuditRecorder } from 'execution-identity/internal';
import { EieConfiguration, optionsOf } from '../../configuration/eie-configuration.js';
import { EIE_CLOCK } from '../../configuration/ports.js';
import { provided } from '../../configuration/provided.js';
import { ServerProfile } from '../../configuration/server-profile.js';
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
import { errorMessage, errorOf } from '../protocol/rpc-error.js';
import { OpenMessages } from './open-messages.js';

const NEEDS = 'EieMcpModule.register()';

type Message = Parameters<NonNullable<Transport['onmessage']>>[0];

/** The client that started this process. Each of its messages runs for the configured identity, and is decided and recorded as over HTTP. */
@Injectable()
export class McpStdio implements BeforeApplicationShutdown {
  readonly #identity: AdmittedIdentity | undefined;
  readonly #audit: AuditRecorder;
  readonly #open = new OpenMessages();
  /** Seconds. */
  readonly #callDeadline: number;
  #connection?: { close(): Promise<void> };
  #transport?: Transport;
  #isClosing = false;

  constructor(
    @Inject(MCP_CONFIGURATION) configuration: EieConfiguration<EieMcpOptions>,
    @Inject(McpServers) private readonly servers: McpServers,
    @Optional() @Inject(AuditRecorder) audit?: AuditRecorder,
    @Optional() @Inject(IdentityRevocation) revocation?: IdentityRevocation,
    @Optional() @Inject(EIE_CLOCK) clock?: Clock,
    @Optional() @Inject(ServerProfile) profile?: ServerProfile,
  ) {
    const now = Math.floor(provided(clock, NEEDS)() / 1000);
    const { stdio } = optionsOf(configuration);
    this.#audit = provided(audit, NEEDS);
    this.#callDeadline = provided(profile, NEEDS).callDeadline;
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
    this.#transport = transport;
    this.#accountAnswers(transport);
    this.#connection = serveConnection(() => this.#server(identity), { transport });
    this.#recordMessages(transport, identity);
    const closed = transport.onclose;
    transport.onclose = () => {
      closed?.();
      this.#open.cancelAll();
      if (this.#isClosing) return;
      this.#isClosing = true;
      ended();
    };
  }

  /**
   * Nothing begins any more, and calls that run are answered, as over HTTP: they have until the deadline of a call. What a client that has
   * gone away has left running is waited for too, since its outcome belongs on the audit log.
   */
  async beforeApplicationShutdown(): Promise<void> {
    this.#isClosing = true;
    if (!this.#connection) return;
    await this.#open.over(this.#callDeadline * 1000);
    for (const id of this.#open.unanswered)
      await this.#send({ ...errorMessage(id, errorOf(new EieError('server_closing'))), jsonrpc: '2.0', id });
    await this.#connection.close();
  }

  async #server(identity: AdmittedIdentity): Promise<McpServer> {
    const server = await serverFor(this.servers, identity);
    const connect = server.connect.bind(server);
    server.connect = async transport => {
      await connect(transport);
      const deliver = transport.onmessage;
      transport.onmessage = (message, extra) => {
        const open = isJSONRPCRequest(message) ? this.#open.get(message.id) : undefined;
        const request = open?.message === message ? open.request : requestFor(identity, message);
        deliver?.(message, { ...extra, authInfo: authInfoOf(request) });
        this.#open.delivered(message);
      };
    };
    return server;
  }

  /** Before an answer is sent, its call has its record. */
  #accountAnswers(transport: Transport): void {
    const send = transport.send.bind(transport);
    transport.send = async (message, options) => {
      const open = isJSONRPCResponse(message) ? this.#open.get(message.id) : undefined;
      if (!open) return send(message, options);
      await this.servers.messages.account(open.message, open.request).catch(() => undefined);
      await send(message, options).finally(() => this.#open.forget(open));
    };
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
          if (this.#isClosing && isJSONRPCRequest(message)) {
            const refusal = new EieError('server_closing');
            await messages.refuse(request, refusal);
            throw refusal;
          }
        } catch (error) {
          return this.#answer(message, error as EieError);
        }
        if (isJSONRPCRequest(message)) this.#open.add(message, request);
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

  async #answer(message: Message, refusal: EieError): Promise<void> {
    if (!isJSONRPCRequest(message)) return;
    const input = argumentsRefusal(message) ?? LIMIT_REFUSAL;
    const answer = refusal.code === 'input_invalid' ? input : errorMessage(message.id, errorOf(refusal));
    await this.#send({ ...answer, jsonrpc: '2.0', id: message.id });
  }

  async #send(message: Message): Promise<void> {
    await this.#transport?.send(message).catch(() => undefined);
  }
}

const requestFor = (identity: AdmittedIdentity, message: Message): McpRequest =>
  mcpRequest(new RequestRecord(identity), traceFrom({}, traceFieldsOf(message)));
