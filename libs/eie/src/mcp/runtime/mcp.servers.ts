import { Inject, Injectable, Optional } from '@nestjs/common';
import { type McpServer } from '@modelcontextprotocol/server';
import {
  type AdmittedIdentity,
  type Clock,
  type Diagnostics,
  type EieError,
  EncryptedRequestStateStore,
  MemoryReplayStore,
} from 'execution-identity';
import { AuditRecorder, compositeKey } from 'execution-identity/internal';
import { Approvals } from '../../approvals/approvals.js';
import { Authorizer } from '../../authorization/authorizer.js';
import { Posture } from '../../boot/posture/posture.js';
import { EieConfiguration, optionsOf } from '../../configuration/eie-configuration.js';
import { EIE_CLOCK, EIE_DIAGNOSTICS } from '../../configuration/ports.js';
import { provided } from '../../configuration/provided.js';
import { type ServerOptions } from '../../configuration/server-profile.js';
import { ExecutionLog } from '../../execution/execution-log.js';
import { Resources } from '../../http/resources.js';
import { type EieMcpOptions } from '../mcp.options.js';
import { RequestStates } from '../protocol/request-states.js';
import { McpCatalog } from './mcp-catalog.js';
import { McpExplorer } from './mcp.explorer.js';
import { mcpServer, type McpServerParts } from './mcp.server.js';
import { MessageLog } from './message-log.js';
import { routePosture } from './route-posture.js';
import { toldConfigure } from './told-configure.js';

/** @internal The token of the options of a route, in the module of the route. */
export const MCP_CONFIGURATION = Symbol('eie:mcp-configuration');

const NEEDS = 'EieMcpModule.register()';
/** States between two rounds that are remembered as used, in this process. */
const STATES = 40_000;

type ChallengeOf = (refusal: EieError) => string | undefined;
let make: (servers: McpServers, identity: AdmittedIdentity, challengeOf: ChallengeOf) => Promise<McpServer>;

/**
 * What the servers of one `EieMcpModule.register()` have in common, over HTTP and on stdio. It has no public method that makes one: any code
 * can inject this class. The library uses {@link serverFor}.
 */
@Injectable()
export class McpServers {
  /** The identifier of the route. */
  readonly resource: string;
  readonly messages: MessageLog;
  readonly #parts: Omit<McpServerParts, 'challengeOf'>;
  #catalog: McpCatalog | undefined;

  constructor(
    @Inject(MCP_CONFIGURATION) configuration: EieConfiguration<EieMcpOptions>,
    @Inject(McpExplorer) private readonly explorer: McpExplorer,
    @Optional() @Inject(Authorizer) authorizer?: Authorizer,
    @Optional() @Inject(AuditRecorder) audit?: AuditRecorder,
    @Optional() @Inject(ExecutionLog) log?: ExecutionLog,
    @Optional() @Inject(Resources) resources?: Resources,
    @Optional() @Inject(EIE_CLOCK) clock?: Clock,
    @Optional() @Inject(EIE_DIAGNOSTICS) diagnostics?: Diagnostics,
    @Optional() @Inject(Approvals) approvals?: Approvals,
    @Optional() @Inject(EieConfiguration) server?: EieConfiguration<ServerOptions>,
    @Optional() @Inject(Posture) posture?: Posture,
  ) {
    const {
      name,
      version,
      title,
      path,
      configure,
      resource = provided(resources, NEEDS).main,
    } = optionsOf(configuration);
    const { ports = {}, audit: { namesRecords = false } = {} } = optionsOf(provided(server, NEEDS));
    this.resource = resource;
    // Routes may share an identifier.
    const route = compositeKey(resource, path);
    provided(posture, NEEDS).add(routePosture(optionsOf(configuration), resource, explorer));
    this.#parts = {
      info: { name, version, ...(title !== undefined && { title }) },
      authorizer: provided(authorizer, NEEDS),
      audit: provided(audit, NEEDS),
      log: provided(log, NEEDS),
      diagnostics: provided(diagnostics, NEEDS),
      namesRecords,
      approvals: provided(approvals, NEEDS),
      route,
      states: new RequestStates({
        store: ports.requestState ?? new EncryptedRequestStateStore(),
        replays: ports.replay ?? new MemoryReplayStore(STATES),
        route,
        clock: provided(clock, NEEDS),
        diagnostics: provided(diagnostics, NEEDS),
      }),
      ...(configure && { configure: toldConfigure(configure, path, provided(diagnostics, NEEDS)) }),
    };
    this.messages = new MessageLog(
      this.#parts.audit,
      ({ method }) => this.#served.runs(method),
      configure !== undefined,
    );
  }

  static {
    make = (servers, identity, challengeOf) => mcpServer(servers.#served, identity, { ...servers.#parts, challengeOf });
  }

  /** Made at its first use: the entries are known only after the boot checks. */
  get #served(): McpCatalog {
    return (this.#catalog ??= new McpCatalog(this.explorer.entries));
  }
}

/**
 * The SDK's server for one HTTP request, or one connection of one principal.
 *
 * @param challengeOf the `WWW-Authenticate` value of a refusal, where there is HTTP to carry it
 */
export const serverFor = (
  servers: McpServers,
  identity: AdmittedIdentity,
  challengeOf: ChallengeOf = () => undefined,
): Promise<McpServer> => make(servers, identity, challengeOf);
