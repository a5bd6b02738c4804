import { type Implementation, McpServer, ResourceTemplate, type RequestStateCodec, type ScopeChallengeHandler, type ServerCapabilities, type ServerContext } from '@modelcontextprotocol/server';
import { type AuditTrail } from '../audit/audit-trail.js';
import { type Authorizer } from '../authorization/authorizer.js';
import { EieConfigurationError, EieError } from '../eie.error.js';
import { type AdmittedIdentity } from '../envelope/issue.js';
import { check, dtoSchema } from './dto-schema.js';
import { listOnly } from './lists.js';
import { mcpCall } from './mcp-call.js';
import { type McpEntry } from './mcp-entry.js';
import { requestOf } from './mcp-request.js';
import { inputFailure, promptResult, protocolFailure, resourceResult, toolFailure, toolResult } from './mcp-result.js';
import { type Configure } from './mcp.options.js';

export interface McpServerParts {
  readonly info: Implementation;
  readonly authorizer: Authorizer;
  readonly trail: AuditTrail;
  readonly codec: RequestStateCodec;
  readonly configure?: Configure;
  readonly challengeOf: (refusal: EieError) => string | undefined;
}

/**
 * The official SDK's server, for one HTTP request or one session of one principal. Who calls is read from each message, and
 * each is decided before it is dispatched, while a refusal can still be an HTTP 403; then its input is validated, then its
 * pipeline runs and its guard demands the decision.
 */
export async function mcpServer(entries: readonly McpEntry[], identity: AdmittedIdentity, parts: McpServerParts): Promise<McpServer> {
  const server = new McpServer(parts.info, { cacheHints: PRIVATE, requestState: { verify: (state, context) => parts.codec.verify(state, context) } });
  listOnly(server.server, entries, (entry, context) => parts.authorizer.allows(requestOf(context.http?.authInfo).admitted, entry));
  // Not in the constructor: there the SDK would make its lists before they are filtered.
  server.server.registerCapabilities(capabilitiesOf(entries));
  const calls = new Calls(parts, server);
  for (const entry of entries) register(server, entry, calls);
  await configured(server, identity, parts.configure);
  return server;
}

/** What there is to list is found at boot. By default the SDK promises to tell of changes. */
const FIXED = { listChanged: false };

function capabilitiesOf(entries: readonly McpEntry[]): ServerCapabilities {
  const kinds = new Set(entries.map(({ kind }) => kind));
  return {
    ...(kinds.has('tool') && { tools: FIXED }),
    ...((kinds.has('resource') || kinds.has('template')) && { resources: FIXED }),
    ...(kinds.has('prompt') && { prompts: FIXED }),
  };
}

/** Lists differ between identities, and so may what is read. */
const PRIVATE = Object.fromEntries(
  (['tools/list', 'resources/list', 'resources/templates/list', 'resources/read', 'prompts/list'] as const).map(method => [method, { cacheScope: 'private' as const, ttlMs: 0 }]),
);

function register(server: McpServer, entry: McpEntry, calls: Calls): void {
  const { name, dto, jsonSchema } = entry;
  const { title, description } = entry.options;
  const described = { ...(title !== undefined && { title }), ...(description !== undefined && { description }), scopeChallenge: calls.decide(entry) };
  switch (entry.kind) {
    case 'tool': {
      const { annotations } = entry.options;
      const outputSchema = entry.output && dtoSchema(entry.output.jsonSchema, checking(entry.output.dto));
      server.registerTool(
        name,
        { ...described, inputSchema: dtoSchema(jsonSchema), ...(annotations && { annotations }), ...(outputSchema && { outputSchema }) },
        (input, context) => calls.tool(entry, input, context),
      );
      return;
    }
    case 'resource':
      server.registerResource(name, entry.options.uri, { ...described, ...mime(entry.options) }, (uri, context) => calls.resource(entry, uri, {}, context));
      return;
    case 'template': {
      const template = new ResourceTemplate(entry.options.uriTemplate, { list: undefined });
      server.registerResource(name, template, { ...described, ...mime(entry.options) }, (uri, variables, context) => calls.resource(entry, uri, variables, context));
      return;
    }
    case 'prompt':
      if (dto) server.registerPrompt(name, { ...described, argsSchema: dtoSchema(jsonSchema) }, (input, context) => calls.prompt(entry, input, context));
      else server.registerPrompt(name, described, context => calls.prompt(entry, {}, context));
  }
}

const mime = ({ mimeType }: { mimeType?: string }): { mimeType?: string } => (mimeType === undefined ? {} : { mimeType });

/** What a tool returns is checked as strictly as what it is given. */
const checking = (dto: NonNullable<McpEntry['dto']>) => async (value: unknown) => {
  const { messages } = await check(dto, value);
  return messages.length ? { issues: messages.map(message => ({ message })) } : { value };
};

/** The calls of a server, each by the request that brought it. */
class Calls {
  constructor(private readonly parts: McpServerParts, private readonly server: McpServer) {}

  decide(entry: McpEntry): ScopeChallengeHandler {
    return async ({ request, authInfo }) => {
      const { admitted, traceId, decisions } = requestOf(authInfo);
      const execution = { handler: entry.handler, type: entry.type, tool: entry.audited, traceId };
      try {
        await this.parts.authorizer.authorize(admitted, execution);
        decisions.set(request.id, { ...execution, admitted });
      } catch (error) {
        if (!(error instanceof EieError)) throw error;
        decisions.set(request.id, error);
        if (error.code === 'insufficient_scope') return { scopes: error.scopes as [string, ...string[]] };
      }
      return undefined;
    };
  }

  async tool(entry: Extract<McpEntry, { kind: 'tool' }>, input: unknown, context: ServerContext) {
    try {
      const { output, messages } = await this.#run(entry, input, context);
      return messages.length ? inputFailure(messages) : toolResult(output, entry.output !== undefined);
    } catch (error) {
      return toolFailure(error, this.parts.challengeOf);
    }
  }

  async resource(entry: Extract<McpEntry, { kind: 'resource' | 'template' }>, uri: URL, variables: Record<string, unknown>, context: ServerContext) {
    try {
      const { output, messages } = await this.#run(entry, entry.dto ? variables : {}, context);
      if (messages.length) throw new EieError('input_invalid');
      return resourceResult(output, uri.href, entry.options.mimeType);
    } catch (error) {
      throw protocolFailure(error, uri.href, this.parts.challengeOf);
    }
  }

  async prompt(entry: McpEntry, input: unknown, context: ServerContext) {
    try {
      const { output, messages } = await this.#run(entry, input, context);
      if (messages.length) throw new EieError('input_invalid');
      return promptResult(output);
    } catch (error) {
      throw protocolFailure(error, undefined, this.parts.challengeOf);
    }
  }

  /** What the handler returned, or what is wrong with its input. */
  async #run(entry: McpEntry, input: unknown, context: ServerContext): Promise<{ output?: unknown; messages: readonly string[] }> {
    const { admitted, traceId, decisions } = requestOf(context.http?.authInfo);
    const decision = decisions.get(context.mcpReq.id);
    if (decision instanceof EieError) throw decision;
    const { instance, messages } = await check(entry.dto, input);
    if (messages.length) {
      await this.parts.trail.record({ type: 'input.refused', outcome: 'refused', subject: admitted, tool: entry.audited, traceId, reason: 'input_invalid' });
      return { messages };
    }
    const clientCapabilities = this.server.server.getClientCapabilities() ?? {};
    return { output: await entry.invoke(mcpCall(entry.audited, context, { codec: this.parts.codec, clientCapabilities }, decision), instance), messages };
  }
}

/** The rest of the SDK. What is registered in this way would have no policy and no record, so it is refused. */
async function configured(server: McpServer, identity: AdmittedIdentity, configure: Configure | undefined): Promise<void> {
  if (!configure) return;
  for (const method of ['registerTool', 'registerResource', 'registerPrompt'] as const) {
    server[method] = () => {
      throw new EieConfigurationError(`configure() must not call ${method}(): use the decorators of nestjs-eie/mcp, where it has an identity policy.`);
    };
  }
  await configure(server, identity);
}
