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
    return variablesThatMeet(template) > 2
      ? `"${template}" has three variables or more in one segment, which is slow to match: separate them by "/".`
      : undefined;
  } catch {
    return `"${template}" is not a URI template (RFC 6570).`;
  }
}

/** The names of the variables of a template that has no problem. */
export const variablesOf = (template: string): readonly string[] => new UriTemplate(template).variableNames;

/** Characters. What is longer names no resource: matching it would take long. */
export const MAX_URI = 2_048;

/**
 * How many variables of a template can begin and end anywhere in the same part of a URI. The SDK matches them by backtracking, in a time
 * that grows by this power of the length. Those of a query are separate, and so are segments, unless a variable can contain slashes.
 */
function variablesThatMeet(template: string): number {
  const marks = template.replace(/\{([+#./;?&]?)([^}]*)\}/g, (_match, operator: string, names: string) => {
    if (operator === '?' || operator === '&') return '';
    return (operator === '/' ? '/' : '') + '\0'.repeat(names.split(',').length);
  });
  const parts = /\{[+#]/.test(template) ? [marks] : marks.split('/');
  return Math.max(...parts.map(part => part.split('\0').length - 1));
}
