import {
  type BeforeApplicationShutdown,
  Inject,
  Injectable,
  type INestApplicationContext,
  Optional,
} from '@nestjs/common';
import { isJSONRPCRequest, type McpServer, type Transport } from '@modelcontextprotocol/server';
import { serveStdio as serveConnection, StdioServerTransport } from '@modelcontextprotocol/server/stdio';
import { AuditRecorder } from 'execution-identity/internal';
import { Authorizer } from '../../authorization/authorizer.js';
import { EieConfiguration, optionsOf } from '../../configuration/eie-configuration.js';
import { EIE_CLOCK, EIE_DIAGNOSTICS } from '../../configuration/ports.js';
import { provided } from '../../configuration/provided.js';
import { type ServerOptions } from '../../configuration/server-profile.js';
import { ExecutionLog } from '../../execution/execution-log.js';
import { Resources } from '../../http/resources.js';
import { IdentityRevocation } from '../../revocation/identity-revocation.service.js';
import { RequestRecord } from '../../record/execution-record.js';
import { traceIdFrom } from '../../record/trace-id.js';
import {
  type AdmittedIdentity,
  type Clock,
  type Diagnostics,
  EieConfigurationError,
  EieError,
  EncryptedRequestStateStore,
  MemoryReplayStore,
} from 'execution-identity';
import { configuredIdentity } from 'execution-identity/internal/admit';
import { McpExplorer } from '../runtime/mcp.explorer.js';
import { type EieMcpOptions } from '../mcp.options.js';
import { MCP_CONFIGURATION } from '../runtime/mcp.route.js';
import { mcpServer, type McpServerParts } from '../runtime/mcp.server.js';
import { authInfoOf, type McpRequest, traceparentOf } from '../protocol/mcp-request.js';
import { exceedsLimits, LIMIT_REFUSAL } from '../protocol/message-limits.js';
import { RequestStates } from '../protocol/request-states.js';

const NEEDS = 'EieMcpModule.register()';
/** States between two rounds that are remembered as used, in this process. */
const STATES = 10_000;

type Message = Parameters<NonNullable<Transport['onmessage']>>[0];

/** The client that started this process. Each of its messages runs for the configured identity, and is decided and recorded as over HTTP. */
@Injectable()
export class McpStdio implements BeforeApplicationShutdown {
  readonly #identity: AdmittedIdentity | undefined;
  readonly #parts: McpServerParts;
  #connection?: { close(): Promise<void> };
  #isClosing = false;

  constructor(
    @Inject(MCP_CONFIGURATION) configuration: EieConfiguration<EieMcpOptions>,
    @Inject(McpExplorer) private readonly explorer: McpExplorer,
    @Optional() @Inject(Authorizer) authorizer?: Authorizer,
    @Optional() @Inject(AuditRecorder) audit?: AuditRecorder,
    @Optional() @Inject(ExecutionLog) log?: ExecutionLog,
    @Optional() @Inject(IdentityRevocation) revocation?: IdentityRevocation,
    @Optional() @Inject(Resources) resources?: Resources,
    @Optional() @Inject(EIE_CLOCK) clock?: Clock,
    @Optional() @Inject(EIE_DIAGNOSTICS) diagnostics?: Diagnostics,
    @Optional() @Inject(EieConfiguration) server?: EieConfiguration<ServerOptions>,
  ) {
    const { main } = provided(resources, NEEDS);
    const now = Math.floor(provided(clock, NEEDS)() / 1000);
    const { name, version, title, configure, stdio, resource = main } = optionsOf(configuration);
    this.#identity = stdio && configuredIdentity(stdio.identity, now);
    if (stdio) provided(revocation, NEEDS).acceptIssuer(stdio.identity.issuer);
    const { ports = {} } = optionsOf(provided(server, NEEDS));
    this.#parts = {
      info: { name, version, ...(title !== undefined && { title }) },
      authorizer: provided(authorizer, NEEDS),
      audit: provided(audit, NEEDS),
      log: provided(log, NEEDS),
      diagnostics: provided(diagnostics, NEEDS),
      states: new RequestStates({
        store: ports.requestState ?? new EncryptedRequestStateStore(),
        replays: ports.replay ?? new MemoryReplayStore(STATES),
        resource,
        clock: provided(clock, NEEDS),
        diagnostics: provided(diagnostics, NEEDS),
      }),
      ...(configure && { configure }),
      challengeOf: () => undefined,
    };
  }

  /** Whether the option `stdio` says in whose identity the process serves. */
  get isConfigured(): boolean {
    return this.#identity !== undefined;
  }

  serve(transport: Transport, ended: () => void): void {
    const identity = this.#identity;
    if (!identity) throw new EieError('identity_missing');
    this.#connection = serveConnection(() => this.#server(identity), { transport });
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
    const server = await mcpServer(this.explorer.entries, identity, this.#parts);
    const connect = server.connect.bind(server);
    server.connect = async transport => {
      await connect(transport);
      const deliver = transport.onmessage;
      transport.onmessage = (message, extra) => {
        const request: McpRequest = {
          record: new RequestRecord(identity),
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
 * Serves the MCP client that started this process, over stdin and stdout, in the identity of the option `stdio`. When the client closes
 * the connection, the application is closed. A refusal is the error of a tool, because there is no HTTP for a challenge.
 *
 * It does NOT verify anything: everybody who can start the process has its identity. It does NOT listen for HTTP. It does NOT keep other
 * code from writing to stdout, which would break the protocol: give Nest a logger that writes to stderr alone.
 *
 * @param app an application, or an application context: it needs no HTTP adapter
 * @param transport instead of stdin and stdout
 * @throws EieConfigurationError unless exactly one `EieMcpModule.register()` of the application has `stdio`
 * @example await serveStdio(await NestFactory.createApplicationContext(AppModule, { logger: ['error', 'fatal'] }));
 */
export async function serveStdio(
  app: INestApplicationContext,
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

function served(app: INestApplicationContext): McpStdio[] {
  try {
    return app.get(McpStdio, { strict: false, each: true }).filter(one => one.isConfigured);
  } catch {
    return [];
  }
}
