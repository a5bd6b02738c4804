import { type Type } from '@nestjs/common';
import { type DiscoveryService } from '@nestjs/core';
import { providedClass } from '../../boot/nest-handlers.js';
import { TOOL_CLASS } from '../../boot/tool-classes.js';
import { ToolClass } from '../mcp.decorators.js';
import { type McpEntry } from './mcp-entry.js';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

const isToolClass = (type: unknown): boolean => typeof type === 'function' && Reflect.hasMetadata(TOOL_CLASS, type);

/** The providers of tool classes. Nest 11 does not find the class of what a factory makes, or of a value. */
export function toolProviders(discovery: DiscoveryService): Wrapper[] {
  const made = discovery
    .getProviders()
    .filter(one => one.isNotMetatype && !one.isAlias && [one.token, providedClass(one)].some(isToolClass));
  return [...new Set([...discovery.getProviders({ metadataKey: ToolClass.KEY }), ...made])];
}

/** What is wrong with how a tool class stands in `providers`: only what Nest makes of the class itself has its guards and its policies. */
export function listingProblem(wrapper: Wrapper, known: readonly McpEntry[]): string | undefined {
  const { metatype, token } = wrapper;
  const { name } = [metatype, token, providedClass(wrapper)].find(isToolClass) as Type;
  if (metatype === token)
    return known.some(({ entry }) => entry.type === metatype)
      ? `${name} is in the "providers" of several modules, so there would be several of each of its tools: list it in one of them.`
      : undefined;
  if (!metatype)
    return `${name} is provided as a value in place of its class, and a value has no identity policy: list the class itself in "providers". In a test, replace what the class injects.`;
  if (!isToolClass(metatype))
    return `${name} is made by a factory, so that it has no identity policy: list the class itself in "providers", and inject what the factory gives it.`;
  return `${name} is provided under another token than its class: list the class itself in "providers".`;
}
