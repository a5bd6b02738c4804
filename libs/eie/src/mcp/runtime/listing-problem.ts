import { type Type } from '@nestjs/common';
import { type DiscoveryService } from '@nestjs/core';
import { TOOL_CLASS } from '../../boot/tool-classes.js';
import { type McpEntry } from './mcp-entry.js';

type Wrapper = ReturnType<DiscoveryService['getProviders']>[number];

/** What is wrong with how a tool class stands in `providers`: only what Nest makes of the class itself has its guards and its policies. */
export function listingProblem({ metatype, token }: Wrapper, known: readonly McpEntry[]): string | undefined {
  if (known.some(({ entry }) => entry.type === metatype))
    return `${(metatype as Type).name} is in the "providers" of several modules, so there would be several of each of its tools: list it in one of them.`;
  if (metatype === token) return undefined;
  if (!metatype)
    return `${(token as Type).name} is provided as a value in place of its class, and a value has no identity policy: list the class itself in "providers". In a test, replace what the class injects.`;
  // The class that a factory makes is known by its token alone.
  const { name } = (Reflect.hasMetadata(TOOL_CLASS, metatype) ? metatype : token) as Type;
  return `${name} is provided under another token than its class: list the class itself in "providers".`;
}
