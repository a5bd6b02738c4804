import { type ServerCapabilities, UriTemplate } from '@modelcontextprotocol/server';
import { deepFreeze } from '../../configuration/deep-freeze.js';
import { type JsonSchema } from '../protocol/dto-schema.js';
import { MAX_URI } from '../protocol/uri-problems.js';
import { type McpEntry } from './mcp-entry.js';

type Of<Kind extends McpEntry['kind']> = Extract<McpEntry, { kind: Kind }>;
type ReadEntry = Of<'resource'> | Of<'template'>;

/** A resource that a URI names, and what the URI gives to its template. */
export interface FoundResource {
  readonly entry: ReadEntry;
  readonly variables: Record<string, unknown>;
}

/** An entry, and how a list shows it. */
interface Listed {
  readonly entry: McpEntry;
  readonly item: Readonly<Record<string, unknown>>;
}

/** Lists are fixed at boot. */
const FIXED = { listChanged: false };

/**
 * What a route serves, by the names that messages use. It is made once, after the boot checks: no request registers anything, so the cost
 * of a call does not depend on how many tools there are.
 */
export class McpCatalog {
  readonly capabilities: ServerCapabilities;
  readonly #tools = new Map<unknown, Of<'tool'>>();
  readonly #prompts = new Map<unknown, Of<'prompt'>>();
  readonly #resources = new Map<string, Of<'resource'>>();
  readonly #templates: { readonly entry: Of<'template'>; readonly template: UriTemplate }[] = [];
  readonly #lists: Record<McpEntry['kind'], Listed[]> = { tool: [], resource: [], template: [], prompt: [] };

  constructor(readonly entries: readonly McpEntry[]) {
    for (const entry of entries) {
      this.#lists[entry.kind].push({ entry, item: deepFreeze(itemOf(entry)) });
      switch (entry.kind) {
        case 'tool':
          this.#tools.set(entry.name, entry);
          break;
        case 'prompt':
          this.#prompts.set(entry.name, entry);
          break;
        case 'resource':
          this.#resources.set(entry.options.uri, entry);
          break;
        case 'template':
          this.#templates.push({ entry, template: new UriTemplate(entry.options.uriTemplate) });
      }
    }
    const { tool, resource, template, prompt } = this.#lists;
    this.capabilities = {
      ...(tool.length && { tools: FIXED }),
      ...((resource.length || template.length) && { resources: FIXED }),
      ...(prompt.length && { prompts: FIXED }),
    };
  }

  /** Whether a method runs handlers, which have records of their own: an intent, or a refusal. */
  runs(method: string): boolean {
    const { tools, resources, prompts } = this.capabilities;
    return (
      (method === 'tools/call' && tools !== undefined) ||
      (method === 'resources/read' && resources !== undefined) ||
      (method === 'prompts/get' && prompts !== undefined)
    );
  }

  tool(name: unknown): Of<'tool'> | undefined {
    return this.#tools.get(name);
  }

  prompt(name: unknown): Of<'prompt'> | undefined {
    return this.#prompts.get(name);
  }

  resource(uri: URL): FoundResource | undefined {
    if (uri.href.length > MAX_URI) return undefined;
    const entry = this.#resources.get(uri.href);
    if (entry) return { entry, variables: {} };
    for (const { entry, template } of this.#templates) {
      const variables = template.match(uri.href);
      if (variables) return { entry, variables };
    }
    return undefined;
  }

  /** The entry that a request calls. */
  calledBy({ method, params }: { method: string; params?: unknown }): McpEntry | undefined {
    const { name, uri } = (params ?? {}) as { name?: unknown; uri?: unknown };
    switch (method) {
      case 'tools/call':
        return this.tool(name);
      case 'prompts/get':
        return this.prompt(name);
      case 'resources/read':
        return typeof uri === 'string' && URL.canParse(uri) ? this.resource(new URL(uri))?.entry : undefined;
      default:
        return undefined;
    }
  }

  /** In the order of the application. */
  list(kind: McpEntry['kind']): readonly Listed[] {
    return this.#lists[kind];
  }
}

function itemOf(entry: McpEntry): Record<string, unknown> {
  const { name } = entry;
  const { title, description } = entry.options;
  const described = { name, ...(title !== undefined && { title }), ...(description !== undefined && { description }) };
  switch (entry.kind) {
    case 'tool': {
      const { annotations } = entry.options;
      return {
        ...described,
        inputSchema: entry.jsonSchema,
        ...(annotations && { annotations }),
        ...(entry.output && { outputSchema: entry.output.jsonSchema }),
      };
    }
    case 'resource':
      return { uri: entry.options.uri, ...described, ...mime(entry.options) };
    case 'template':
      return { uriTemplate: entry.options.uriTemplate, ...described, ...mime(entry.options) };
    case 'prompt':
      return { ...described, ...(entry.dto && { arguments: promptArguments(entry.jsonSchema) }) };
  }
}

const mime = ({ mimeType }: { mimeType?: string }): { mimeType?: string } =>
  mimeType === undefined ? {} : { mimeType };

function promptArguments({ properties = {}, required = [] }: JsonSchema): Record<string, unknown>[] {
  return Object.entries(properties as Record<string, { description?: string }>).map(([name, { description }]) => ({
    name,
    ...(description !== undefined && { description }),
    required: (required as string[]).includes(name),
  }));
}
