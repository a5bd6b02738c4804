import {
  MCP_PROMPT_METADATA_KEY,
  MCP_RESOURCE_TEMPLATE_METADATA_KEY,
  MCP_TOOL_METADATA_KEY,
  type McpHandlerExtras,
} from '@rekog/mcp-nest';
import { type JsonSchema } from '../mcp/protocol/dto-schema.js';

const NO_INPUT: JsonSchema = { type: 'object', properties: {} };

/** A schema of a library that speaks Standard Schema, such as zod from 4.2. */
interface StandardSchema {
  readonly '~standard'?: {
    readonly jsonSchema?: { readonly input: (options: { target: 'draft-2020-12' }) => JsonSchema };
  };
}

/**
 * The JSON Schema of what a model fills in: `parameters` of a tool or prompt, the variables of a template. An object with declared members
 * is closed, as zod reads it. `undefined` where the schema cannot be written as JSON Schema, which mcp-nest then cannot list either.
 */
export function inputSchemaOf({ mcpType, mcpMethodRef }: McpHandlerExtras): JsonSchema | undefined {
  const read = <Metadata>(key: string): Partial<Metadata> =>
    (Reflect.getMetadata(key, mcpMethodRef) ?? {}) as Partial<Metadata>;
  switch (mcpType) {
    case 'tool':
      return jsonSchemaOf(read<{ parameters: unknown }>(MCP_TOOL_METADATA_KEY).parameters);
    case 'prompt':
      return jsonSchemaOf(read<{ parameters: unknown }>(MCP_PROMPT_METADATA_KEY).parameters);
    case 'resource-template': {
      const { uriTemplate = '' } = read<{ uriTemplate: string }>(MCP_RESOURCE_TEMPLATE_METADATA_KEY);
      const names = [...uriTemplate.matchAll(/\{[^\w}]?([^}]*)\}/g)].flatMap(([, list]) => list!.split(','));
      const variables = names.map(name => [name.trim().replace(/[*:].*$/, ''), { type: 'string' }]);
      return { type: 'object', properties: Object.fromEntries(variables) as JsonSchema };
    }
    default:
      return NO_INPUT;
  }
}

function jsonSchemaOf(parameters: unknown): JsonSchema | undefined {
  if (parameters === undefined) return NO_INPUT;
  const standard = (parameters as StandardSchema)['~standard'];
  if (!standard) return parameters as JsonSchema;
  try {
    return standard.jsonSchema?.input({ target: 'draft-2020-12' });
  } catch {
    return undefined;
  }
}
