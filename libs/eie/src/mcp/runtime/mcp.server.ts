import {
  type Implementation,
  McpServer,
  ResourceTemplate,
  type ServerCapabilities,
} from '@modelcontextprotocol/server';
import { type AdmittedIdentity, EieConfigurationError } from 'execution-identity';
import { dtoSchema } from '../protocol/dto-schema.js';
import { validateInput } from '../protocol/input-validation.js';
import { listOnly } from '../protocol/lists.js';
import { McpCalls, type McpCallsParts } from './mcp-calls.js';
import { type McpEntry } from './mcp-entry.js';
import { requestOf } from '../protocol/mcp-request.js';
import { type Configure } from '../mcp.options.js';

export interface McpServerParts extends McpCallsParts {
  readonly info: Implementation;
  readonly configure?: Configure;
}

/**
 * The official SDK's server, for one HTTP request or one session of one principal. Who calls is read from each message, and
 * each is decided before it is dispatched, while a refusal can still be an HTTP 403; then its input is validated, then its
 * pipeline runs and its guard demands the decision.
 */
export async function mcpServer(
  entries: readonly McpEntry[],
  identity: AdmittedIdentity,
  parts: McpServerParts,
): Promise<McpServer> {
  const calls: McpCalls = new McpCalls(parts, () => server.server.getClientCapabilities() ?? {});
  const server = new McpServer(parts.info, {
    cacheHints: PRIVATE,
    requestState: { verify: (state, context) => calls.remembered(state, context) },
  });
  listOnly(server.server, entries, (entry, context) =>
    parts.authorizer.allows(requestOf(context.http?.authInfo).record.admitted, entry),
  );
  // Not in the constructor: there the SDK would make its lists before they are filtered.
  server.server.registerCapabilities(capabilitiesOf(entries));
  for (const entry of entries) register(server, entry, calls);
  await configured(server, identity, parts.configure);
  return server;
}

/** Lists are fixed at boot. By default the SDK announces notifications about changes. */
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
  (['tools/list', 'resources/list', 'resources/templates/list', 'resources/read', 'prompts/list'] as const).map(
    method => [method, { cacheScope: 'private' as const, ttlMs: 0 }],
  ),
);

function register(server: McpServer, entry: McpEntry, calls: McpCalls): void {
  const { name, dto, jsonSchema } = entry;
  const { title, description } = entry.options;
  const described = {
    ...(title !== undefined && { title }),
    ...(description !== undefined && { description }),
    scopeChallenge: calls.decide(entry),
  };
  switch (entry.kind) {
    case 'tool': {
      const { annotations } = entry.options;
      const outputSchema = entry.output && dtoSchema(entry.output.jsonSchema, checking(entry.output.dto));
      server.registerTool(
        name,
        {
          ...described,
          inputSchema: dtoSchema(jsonSchema),
          ...(annotations && { annotations }),
          ...(outputSchema && { outputSchema }),
        },
        (input, context) => calls.tool(entry, input, context),
      );
      return;
    }
    case 'resource':
      server.registerResource(name, entry.options.uri, { ...described, ...mime(entry.options) }, (uri, context) =>
        calls.resource(entry, uri, {}, context),
      );
      return;
    case 'template': {
      const template = new ResourceTemplate(entry.options.uriTemplate, { list: undefined });
      server.registerResource(name, template, { ...described, ...mime(entry.options) }, (uri, variables, context) =>
        calls.resource(entry, uri, variables, context),
      );
      return;
    }
    case 'prompt':
      if (dto)
        server.registerPrompt(name, { ...described, argsSchema: dtoSchema(jsonSchema) }, (input, context) =>
          calls.prompt(entry, input, context),
        );
      else server.registerPrompt(name, described, context => calls.prompt(entry, {}, context));
  }
}

const mime = ({ mimeType }: { mimeType?: string }): { mimeType?: string } =>
  mimeType === undefined ? {} : { mimeType };

/** The output of a tool is checked as strictly as its input. */
const checking = (dto: NonNullable<McpEntry['dto']>) => async (value: unknown) => {
  const { messages } = await validateInput(dto, value);
  return messages.length ? { issues: messages.map(message => ({ message })) } : { value };
};

/** Methods that run handlers. Only handlers of the decorators have a policy. */
const RUNS_HANDLERS = ['tools/call', 'resources/read', 'prompts/get'];

/** Runs `configure` of the application. Handlers that it would register have no policy and no record, so it may register none. */
async function configured(
  server: McpServer,
  identity: AdmittedIdentity,
  configure: Configure | undefined,
): Promise<void> {
  if (!configure) return;
  const refuse = (what: string) => {
    throw new EieConfigurationError(
      `configure() must not call ${what}: use the decorators of nestjs-eie/mcp, where it has an identity policy.`,
    );
  };
  for (const method of ['registerTool', 'registerResource', 'registerPrompt'] as const)
    server[method] = () => refuse(`${method}()`);
  const { server: protocol } = server;
  const setRequestHandler = protocol.setRequestHandler.bind(protocol) as (method: string, ...rest: unknown[]) => void;
  protocol.setRequestHandler = (method: string, ...rest: unknown[]) =>
    RUNS_HANDLERS.includes(method) ? refuse(`setRequestHandler('${method}')`) : setRequestHandler(method, ...rest);
  await configure(server, identity);
}
