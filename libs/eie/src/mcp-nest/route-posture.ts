import { type Type } from '@nestjs/common';
import { PATH_METADATA } from '@nestjs/common/constants.js';
import { MCP_TOOL_METADATA_KEY } from '@rekog/mcp-nest';
import { type ServedHandler } from '../boot/posture/handler-facts.js';
import { inputFacts } from '../boot/posture/input-facts.js';
import { type Annotations } from '../boot/posture/sensitivity.js';
import { type PostureSource } from '../boot/posture/posture.js';
import { sorted } from '../configuration/facts/described.js';
import { inputShapes, isClosedInput } from '../mcp/input/closed-input.js';
import { MESSAGE_LIMITS } from '../mcp/protocol/message-limits.js';
import { type RouteAccessOptions } from '../mcp/route.options.js';
import { type Capability } from './capabilities.js';
import { type ConnectionCheck } from './connection.check.js';
import { capabilityDataSubjects } from './input-problems.js';

/** What a route of mcp-nest adds to the posture: its handlers, with their inputs as `tools/list` shows them, and who may call it. */
export function routePosture(
  controller: Type,
  resource: string,
  options: RouteAccessOptions,
  connection: ConnectionCheck,
): PostureSource {
  const path = [(Reflect.getMetadata(PATH_METADATA, controller) ?? '') as string | string[]].flat().join(' ');
  return {
    served: () => connection.capabilities().map(one => servedAt(path, one)),
    route: () => ({
      path,
      served: 'mcp-nest',
      resource,
      audience: sorted(options.audience ?? []),
      issuers: options.issuers ? sorted(options.issuers) : null,
      scopesSupported: sorted(options.scopesSupported ?? []),
      allowedHosts: sorted(options.allowedHosts ?? []),
      allowedOrigins: sorted(options.allowedOrigins ?? []),
      messageLimits: { ...MESSAGE_LIMITS },
    }),
    unproven: () => [
      {
        what: 'mcp-nest-inputs',
        why: `Of the inputs at the route ${path} the JSON Schema is known: what a schema of zod checks or changes beyond it is not.`,
      },
    ],
  };
}

/** Members that no schema declares are refused in calls of tools and prompts: see `ProtectedCalls`. */
function servedAt(path: string, one: Capability): ServedHandler {
  const { kind, handlerName: name, entry, input } = one;
  const annotations = annotationsOf(one);
  return {
    kind,
    name,
    entry,
    routes: [path],
    dataSubjects: capabilityDataSubjects(one).map(({ path: field, reason, freeForm = false }) => ({
      path: field,
      reason,
      freeForm,
    })),
    ...(input &&
      (kind === 'tool' || kind === 'prompt') && { input: inputFacts(input, isClosedInput(inputShapes(input))) }),
    ...(annotations && { annotations }),
  };
}

const annotationsOf = ({ extras: { mcpMethodRef } }: Capability): Annotations | undefined =>
  (Reflect.getMetadata(MCP_TOOL_METADATA_KEY, mcpMethodRef) as { annotations?: Annotations } | undefined)?.annotations;
