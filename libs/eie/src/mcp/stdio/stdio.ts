import { type BeforeApplicationShutdown, type INestApplication } from '@nestjs/common';
import { isJSONRPCRequest, type McpServer, type Transport } from '@modelcontextprotocol/server';
import { serveStdio as serveConnection, StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { type AuditRecorder } from 'execution-identity/internal';
import { type Authorizer } from '../../authorization/authorizer.js';
import { type Resources } from '../../http/resources.js';
import { RequestRecord } from '../../record/execution-record.js';
import { traceIdFrom } from '../../record/trace-id.js';
import { type AdmittedIdentity, EieConfigurationError } from 'execution-identity';
import { configuredIdentity } from 'execution-identity/internal/admit';
import { type EieOptions } from '../../options/eie.options.js';
import { type McpExplorer } from '../runtime/mcp.explorer.js';
import { type EieMcpOptions } from '../mcp.options.js';
import { mcpServer, type McpServerParts } from '../runtime/mcp.server.js';
import { authInfoOf, type McpRequest, traceparentOf } from '../protocol/mcp-request.js';
import { exceedsLimits, LIMIT_REFUSAL } from '../protocol/message-limits.js';
import { requestStateCodec } from '../protocol/request-state.js';
import { type StdioOptions } from './stdio.options.js';

type Message = Parameters<NonNullable<Transport['onmessage']>>[0];

/** The client that started this process. Each of its messages runs for the configured identity, and is decided and recorded as over HTTP. */
export class McpStdio implements BeforeApplicationShutdown {
  readonly #identity: AdmittedIdentity;
  readonly #parts: McpServerParts;
  #connection?: { close(): Promise<void> };
  #isClosing = false;

  constructor(
    private readonly explorer: McpExplorer,
    authorizer: Authorizer,
    audit: AuditRecorder,
    resources: Resources,
    { clock = Date.now }: EieOptions,
    options: EieMcpOptions & { stdio: StdioOptions },
  ) {
    const { name, version, title, configure, stdio, resource = resources.main, stateKey } = options;
    this.#identity = configuredIdentity(stdio.identity, Math.floor(clock() / 1000));
    this.#parts = {
      info: { name, version, ...(title !== undefined && { title }) },
      authorizer,
      audit,
      codec: requestStateCodec(resource, stateKey),
      ...(configure && { configure }),
      challengeOf: () => undefined,
    };
  }

  serve(transport: Transport, ended: () => void): void {
    this.#connection = serveConnection(() => this.#server(), { transport });
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

  async #server(): Promise<McpServer> {
    const server = await mcpServer(this.explorer.entries, this.#identity, this.#parts);
    const connect = server.connect.bind(server);
    server.connect = async transport => {
      await connect(transport);
      const deliver = transport.onmessage;
      transport.onmessage = (message, extra) => {
        const request: McpRequest = {
          record: new RequestRecord(this.#identity),
          traceId: traceIdFrom(traceparentOf(message)),
          decisions: new Map(),
        };
        if (exceedsLimits(message)) void this.#refuse(message, request, transport);
        else deliver?.(message, { ...extra, authInfo: authInfoOf(request) });
      };
    };
    return server;
  }

  async #refuse(message: Message, { record, traceId }: McpRequest, transport: Transport): Promise<void> {
    await this.#parts.audit.recordOutcome({
      type: 'input.refused',
      outcome: 'refused',
      subject: record.admitted,
      traceId,
      reason: 'input_invalid',
    });
    if (!isJSONRPCRequest(message)) return;
    await transport.send({ ...LIMIT_REFUSAL, id: message.id }).catch(() => undefined);
  }
}

/**
 * Serves the MCP client that started this process, over stdin and stdout, in the identity of the option `stdio`; when the client
 * goes away, it closes the application. What is refused is told as the error of a tool, since there is no HTTP to challenge it.
 *
 * It does NOT verify anything: who can start the process has its identity. It does NOT listen for HTTP, and it does NOT keep
 * others from writing to stdout, which would break the protocol: give Nest a logger that writes to stderr alone.
 *
 * @param transport instead of stdin and stdout
 * @throws EieConfigurationError unless exactly one `EieMcpModule.register()` of the application has `stdio`
 */
export async function serveStdio(
  app: INestApplication,
  transport: Transport = new StdioServerTransport(),
): Promise<void> {
  await app.init();
  const [stdio, another] = served(app);
  if (!stdio || another)
    throw new EieConfigurationError(
      `serveStdio() needs one EieMcpModule.register() with "stdio", and there ${another ? 'are several' : 'is none'}.`,
    );
  stdio.serve(transport, () => void app.close());
}

function served(app: INestApplication): McpStdio[] {
  try {
    return app.get(McpStdio, { strict: false, each: true });
  } catch {
    return [];
  }
}
