import { UriTemplate } from '@modelcontextprotocol/server';
import { type McpEntry } from '../runtime/mcp-entry.js';

type Declared = Pick<McpEntry, 'kind' | 'options'>;

/**
 * The problem with the URI or the URI template of a resource, with its fix. It is found at boot, because the SDK would fail every request
 * over it, or never find the resource. `undefined` for tools and prompts.
 */
export function uriProblem(declared: Declared, others: readonly McpEntry[]): string | undefined {
  if ('uriTemplate' in declared.options) return templateProblem(declared.options.uriTemplate);
  if (!('uri' in declared.options)) return undefined;
  const { uri } = declared.options;
  if (!URL.canParse(uri))
    return `"${uri}" is not the URI of a resource: it must be absolute, such as "shop://profile".`;
  const { href } = new URL(uri);
  if (href !== uri) return `no request can have the URI "${uri}": write it as "${href}".`;
  return others.some(({ options }) => 'uri' in options && options.uri === uri)
    ? `another resource has the URI "${uri}" already: give it one of its own.`
    : undefined;
}

function templateProblem(template: string): string | undefined {
  try {
    new UriTemplate(template);
    return undefined;
  } catch {
    return `"${template}" is not a URI template (RFC 6570).`;
  }
}
