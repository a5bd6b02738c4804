import {
  type CallToolResult,
  CLIENT_CAPABILITIES_META_KEY,
  type ClientCapabilities,
  type Implementation,
  McpServer,
  ProtocolError,
  ProtocolErrorCode,
  type ReadResourceResult,
  ResourceNotFoundError,
  type ServerContext,
} from '@modelcontextprotocol/server';
import { type AdmittedIdentity } from 'execution-identity';
import { type Configure } from '../mcp.options.js';
import { LISTS } from '../protocol/lists.js';
import { noteRunning, requestOf } from '../protocol/mcp-request.js';
import { configured } from './configured.js';
import { McpCalls, type McpCallsParts } from './mcp-calls.js';
import { type McpCatalog } from './mcp-catalog.js';

export interface McpServerParts extends McpCallsParts {
  readonly info: Implementation;
  readonly configure?: Configure;
}

/** Lists differ between identities, and so may what is read. */
const PRIVATE = Object.fromEntries(
  [...Object.keys(LISTS), 'resources/read'].map(method => [method, { cacheScope: 'private' as const, ttlMs: 0 }]),
);

/**
 * The official SDK's server, for one HTTP request or one session of one principal. It is empty: there is one handler for each method, and
 * no tool is registered. Who calls is read from each message, and each is decided before it is dispatched, while a refusal can still be an
 * HTTP 403; then its input is validated, then its pipeline runs and its guard demands the decision.
 */
export async function mcpServer(
  catalog: McpCatalog,
  identity: AdmittedIdentity,
  parts: McpServerParts,
): Promise<McpServer> {
  const calls: McpCalls = new McpCalls(
    parts,
    context => statedCapabilities(context) ?? server.server.getClientCapabilities() ?? {},
  );
  const server = new McpServer(parts.info, {
    cacheHints: PRIVATE,
    requestState: { verify: (state, context) => calls.remembered(state, context) },
  });
  // What the SDK asks of its own registry before it dispatches a call. A contract test pins both.
  const resolveScopeChallenge: McpServer['resolveScopeChallenge'] = context => {
    const entry = catalog.calledBy(context.request);
    return entry && calls.decide(entry, context);
  };
  const toolInputSchemaJson: McpServer['toolInputSchemaJson'] = name => catalog.tool(name)?.jsonSchema;
  Object.assign(server, { resolveScopeChallenge, toolInputSchemaJson });
  noteRuns(server.server);
  serve(server, catalog, calls, parts);
  await configured(server, identity, catalog, parts);
  return server;
}

/** What a message of the 2026 protocol says of its client. On stdio the server, which serves many of them, knows none of it. */
const statedCapabilities = ({ mcpReq: { envelope } }: ServerContext): ClientCapabilities | undefined =>
  (envelope as { [CLIENT_CAPABILITIES_META_KEY]?: ClientCapabilities } | undefined)?.[CLIENT_CAPABILITIES_META_KEY];

type Handler = (request: unknown, context: ServerContext) => unknown;

/** Notes at each request what it runs: the SDK does not tell when the handler of a cancelled one has ended. */
function noteRuns(protocol: McpServer['server']): void {
  const register = protocol.setRequestHandler.bind(protocol) as (...given: unknown[]) => void;
  protocol.setRequestHandler = (...given: unknown[]) => {
    const handler = given.pop() as Handler;
    const run: Handler = (request, context) => {
      const result = handler(request, context);
      if (result instanceof Promise) noteRunning(context, result);
      return result;
    };
    register(...given, run);
  };
}

function serve({ server }: McpServer, catalog: McpCatalog, calls: McpCalls, { authorizer }: McpServerParts): void {
  const { capabilities } = catalog;
  server.registerCapabilities(capabilities);
  const list = (method: keyof typeof LISTS): void => {
    const { member, kind } = LISTS[method];
    server.setRequestHandler(method, async (_request, context) => {
      const { admitted } = requestOf(context.http?.authInfo).record;
      const listed = catalog.list(kind);
      const allowed = await authorizer.allowsEach(
        admitted,
        listed.map(({ entry }) => entry),
      );
      return { [member]: listed.filter((_one, i) => allowed[i]).map(({ item }) => item) } as never;
    });
  };
  if (capabilities.tools) {
    list('tools/list');
    server.setRequestHandler('tools/call', async ({ params }, context) => {
      const entry = catalog.tool(params.name);
      if (!entry) return unknown(calls, context, notFound('Tool', params.name));
      const result = await calls.tool(entry, params.arguments, context);
      return 'content' in result
        ? server.projectCallToolResult(result as CallToolResult, entry.output?.jsonSchema)
        : result;
    });
  }
  if (capabilities.resources) {
    list('resources/list');
    list('resources/templates/list');
    server.setRequestHandler('resources/read', ({ params }, context) => read(params.uri, catalog, calls, context));
  }
  if (capabilities.prompts) {
    list('prompts/list');
    server.setRequestHandler('prompts/get', ({ params }, context) => {
      const entry = catalog.prompt(params.name);
      return entry
        ? calls.prompt(entry, params.arguments, context)
        : unknown(calls, context, notFound('Prompt', params.name));
    });
  }
}

async function read(
  text: string,
  catalog: McpCatalog,
  calls: McpCalls,
  context: ServerContext,
): Promise<ReadResourceResult> {
  if (!URL.canParse(text))
    return unknown(
      calls,
      context,
      new ProtocolError(ProtocolErrorCode.InvalidParams, `Resource URI ${text} is invalid`, {
        uri: text,
        reason: 'invalid_uri',
      }),
    );
  const uri = new URL(text);
  const found = catalog.resource(uri);
  if (!found) return unknown(calls, context, new ResourceNotFoundError(text));
  return (await calls.resource(found.entry, uri, found.variables, context)) as ReadResourceResult;
}

const notFound = (what: string, name: string): ProtocolError =>
  new ProtocolError(ProtocolErrorCode.InvalidParams, `${what} ${name} not found`);

/** What a message calls does not exist. */
async function unknown(calls: McpCalls, context: ServerContext, error: ProtocolError): Promise<never> {
  await calls.refuseUnknown(context);
  throw error;
}
