import { type Type } from '@nestjs/common';
import { type DiscoveryService } from '@nestjs/core';
import { TOOL_CLASS } from '../../boot/tool-classes.js';
import { ToolClass } from '../mcp.decorators.js';
import { type McpEntry } from './mcp-entry.js';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

const isToolClass = (token: unknown): boolean => typeof token === 'function' && Reflect.hasMetadata(TOOL_CLASS, token);

/** The providers of tool classes. Nest 11 does not find the class of what a factory makes, or of a value. */
export function toolProviders(discovery: DiscoveryService): Wrapper[] {
  const made = discovery.getProviders().filter(({ isNotMetatype, token }) => isNotMetatype && isToolClass(token));
  return [...new Set([...discovery.getProviders({ metadataKey: ToolClass.KEY }), ...made])];
}

/** What is wrong with how a tool class stands in `providers`: only what Nest makes of the class itself has its guards and its policies. */
export function listingProblem({ metatype, token }: Wrapper, known: readonly McpEntry[]): string | undefined {
  if (known.some(({ entry }) => entry.type === metatype))
    return `${(metatype as Type).name} is in the "providers" of several modules, so there would be several of each of its tools: list it in one of them.`;
  if (metatype === token) return undefined;
  if (!metatype)
    return `${(token as Type).name} is provided as a value in place of its class, and a value has no identity policy: list the class itself in "providers". In a test, replace what the class injects.`;
  if (!isToolClass(metatype))
    return `${(token as Type).name} is made by a factory, so that it has no identity policy: list the class itself in "providers", and inject what the factory gives it.`;
  return `${(metatype as Type).name} is provided under another token than its class: list the class itself in "providers".`;
}
