import { type Type } from '@nestjs/common';
import { MetadataScanner } from '@nestjs/core';
import { PATTERN_EXTRAS_METADATA, TRANSPORT_METADATA } from '@nestjs/microservices/constants.js';
import {
  MCP_PROMPT_METADATA_KEY,
  MCP_PUBLIC_METADATA_KEY,
  MCP_RESOURCE_METADATA_KEY,
  MCP_RESOURCE_TEMPLATE_METADATA_KEY,
  MCP_ROLES_MATCH_METADATA_KEY,
  MCP_ROLES_METADATA_KEY,
  MCP_SCOPES_MATCH_METADATA_KEY,
  MCP_SCOPES_METADATA_KEY,
  MCP_TOOL_METADATA_KEY,
  type McpCapabilityType,
  type McpHandlerExtras,
} from '@rekog/mcp-nest';
import { type HandlerRegistry } from '../authorization/handler-registry.js';
import { type HandlerEntry } from '../record/handler-entry.js';
import { type TargetRegistry } from '../delegation/targets/target-registry.js';
import { type BootProblem } from '../boot/boot-checks.js';
import { handlerProblems } from '../boot/handler-problems.js';
import { type JsonSchema } from '../mcp/protocol/dto-schema.js';
import { inputSchemaOf } from './input-schema.js';

/** A tool, resource or prompt of mcp-nest, as this library decides and audits it. */
export interface Capability {
  readonly kind: 'tool' | 'resource' | 'template' | 'prompt';
  /** How it is listed. */
  readonly name: string;
  /** How the audit log names it. */
  readonly handlerName: string;
  /** The method that the pipeline runs. */
  readonly entry: HandlerEntry;
  /** What mcp-nest knows of it. */
  readonly extras: McpHandlerExtras;
  /** What a model fills in. `undefined` where its schema cannot be read. */
  readonly input: JsonSchema | undefined;
  /** Whether its output schema is listed. */
  readonly declaresOutput: boolean;
}

const KINDS: Record<McpCapabilityType, { kind: Capability['kind']; metadata: string }> = {
  tool: { kind: 'tool', metadata: MCP_TOOL_METADATA_KEY },
  resource: { kind: 'resource', metadata: MCP_RESOURCE_METADATA_KEY },
  'resource-template': { kind: 'template', metadata: MCP_RESOURCE_TEMPLATE_METADATA_KEY },
  prompt: { kind: 'prompt', metadata: MCP_PROMPT_METADATA_KEY },
};

/** What the controllers of an application offer on the server with this transport id. */
export function capabilitiesOf(
  controllers: readonly Type[],
  transportId: unknown,
  registry: HandlerRegistry,
): Capability[] {
  const scanner = new MetadataScanner();
  return controllers.flatMap(type => {
    const prototype = type.prototype as Record<string, object>;
    return scanner.getAllMethodNames(prototype).flatMap(method => {
      const handler = prototype[method]!;
      const extras = Reflect.getMetadata(PATTERN_EXTRAS_METADATA, handler) as Partial<McpHandlerExtras> | undefined;
      if (!extras?.mcpType || Reflect.getMetadata(TRANSPORT_METADATA, handler) !== transportId) return [];
      return [capability(extras as McpHandlerExtras, () => registry.entry(type, method)!)];
    });
  });
}

function capability(extras: McpHandlerExtras, entry: () => HandlerEntry): Capability {
  const { kind, metadata } = KINDS[extras.mcpType];
  const named = Reflect.getMetadata(metadata, extras.mcpMethodRef) as
    { name?: string; outputSchema?: unknown } | undefined;
  const name = named?.name ?? extras.mcpMethodKey;
  const handlerName = kind === 'tool' ? name : `${kind === 'prompt' ? 'prompt' : 'resource'}:${name}`;
  return {
    kind,
    name,
    handlerName,
    extras,
    input: inputSchemaOf(extras),
    declaresOutput: named?.outputSchema !== undefined,
    // Read each time: the requirements of mcp-nest's own decorators are added later.
    get entry() {
      return entry();
    },
  };
}

/** Methods whose decorators of mcp-nest have been read, by their class: several classes may inherit one function. */
const read = new WeakMap<Type, Set<string>>();

/**
 * Reads what mcp-nest's own decorators say about who may run it, as requirements of this library, and says what is wrong with the
 * identity policy that results, each with its fix. `@ToolScopes()` is `@RequireScopes()`, with `match: 'any'` `@RequireAnyScope()`;
 * `@ToolRoles()` is a `@RequireRoles()` for each of its roles, with `match: 'any'` one for all of them.
 */
export function policyProblems(
  one: Capability,
  others: readonly Capability[],
  { registry, targets }: { readonly registry: HandlerRegistry; readonly targets: TargetRegistry },
): BootProblem[] {
  const { extras } = one;
  const { type, method, name } = one.entry;
  const handler = (type.prototype as Record<string, object>)[method]!;
  const subjects = [extras.mcpMethodRef, handler];
  const has = (key: string, on: readonly object[] = subjects): boolean =>
    on.some(subject => Reflect.hasMetadata(key, subject));
  const problems: string[] = [];
  for (const [key, decorator] of [
    [MCP_SCOPES_METADATA_KEY, '@ToolScopes()'],
    [MCP_ROLES_METADATA_KEY, '@ToolRoles()'],
    [MCP_PUBLIC_METADATA_KEY, '@PublicTool()'],
  ] as const) {
    if (has(key, [type]))
      problems.push(
        `${type.name} has ${decorator} on the class, where mcp-nest ignores it: use the decorators of nestjs-eie there.`,
      );
  }
  if (others.some(other => other !== one && other.kind === one.kind && other.extras.mcpName === extras.mcpName)) {
    problems.push(`${name}: another ${one.kind} is named "${extras.mcpName}" already: give it a name of its own.`);
  }
  const own = (): BootProblem[] => problems.map(message => ({ message, type }));
  if (has(MCP_PUBLIC_METADATA_KEY) && one.entry.policy.kind !== 'protected') {
    problems.push(
      `${name} is @PublicTool(), and a tool always runs for somebody: add @Authenticated(), @RequireScopes() or @RequireAnyScope() of nestjs-eie, or remove the tool.`,
    );
    return own();
  }
  const known = read.get(type) ?? new Set();
  if (!known.has(method)) registry.require(type, method, [...toolScopes(subjects), ...toolRoles(subjects)]);
  read.set(type, known.add(method));
  return [...own(), ...handlerProblems(one.entry, { kind: 'tool', targets })];
}

/** On the method that mcp-nest reads, and on the one that runs: a decorator may have put another in its place. */
function toolScopes(subjects: readonly object[]): { kind: 'all_scopes' | 'any_scope'; scopes: readonly string[] }[] {
  return [...new Set(subjects)].flatMap(subject => {
    const scopes = Reflect.getMetadata(MCP_SCOPES_METADATA_KEY, subject) as readonly string[] | undefined;
    if (!scopes) return [];
    return [
      {
        kind:
          Reflect.getMetadata(MCP_SCOPES_MATCH_METADATA_KEY, subject) === 'any'
            ? ('any_scope' as const)
            : ('all_scopes' as const),
        scopes,
      },
    ];
  });
}

function toolRoles(subjects: readonly object[]): { kind: 'any_role'; roles: readonly string[] }[] {
  return [...new Set(subjects)].flatMap(subject => {
    const roles = (Reflect.getMetadata(MCP_ROLES_METADATA_KEY, subject) ?? []) as readonly string[];
    if (!roles.length) return [];
    const isAny = Reflect.getMetadata(MCP_ROLES_MATCH_METADATA_KEY, subject) === 'any';
    return (isAny ? [roles] : roles.map(role => [role])).map(one => ({ kind: 'any_role', roles: one }));
  });
}
