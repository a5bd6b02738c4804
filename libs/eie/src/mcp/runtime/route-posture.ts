import { type ServedHandler } from '../../boot/posture/handler-facts.js';
import { type PostureSource } from '../../boot/posture/posture.js';
import { inputFacts } from '../../boot/posture/input-facts.js';
import { described, sorted } from '../../configuration/facts/described.js';
import { type EieMcpOptions } from '../mcp.options.js';
import { MESSAGE_LIMITS } from '../protocol/message-limits.js';
import { type McpEntry } from './mcp-entry.js';
import { type McpExplorer } from './mcp.explorer.js';
import { policyArgumentsOf } from './policy-arguments.js';

/** What a route of MCP adds to the posture: its handlers, who may call it, and what its parser takes. */
export function routePosture(options: EieMcpOptions, resource: string, explorer: McpExplorer): PostureSource {
  const { path, configure } = options;
  return {
    served: () => explorer.entries.map(entry => servedAt(path, entry)),
    route: () => ({
      path,
      served: 'EieMcpModule',
      name: options.name,
      resource,
      audience: sorted(options.audience ?? []),
      issuers: options.issuers ? sorted(options.issuers) : null,
      scopesSupported: sorted(options.scopesSupported ?? []),
      allowedHosts: sorted(options.allowedHosts ?? []),
      allowedOrigins: sorted(options.allowedOrigins ?? []),
      sessions: options.sessions ?? false,
      configure: configure !== undefined,
      stdio: described(options.stdio),
      messageLimits: { ...MESSAGE_LIMITS },
    }),
    unproven: () =>
      configure
        ? [{ what: 'mcp-configure', why: `What "configure" of the route ${path} registers on the SDK is not listed.` }]
        : [],
  };
}

/** A template has variables, which no schema describes. */
function servedAt(path: string, served: McpEntry): ServedHandler {
  const { kind, entry, handlerName: name, jsonSchema, dataSubjects } = served;
  return {
    kind,
    entry,
    name,
    routes: [path],
    dataSubjects: dataSubjects.map(({ path: field, reason, freeForm = false }) => ({ path: field, reason, freeForm })),
    ...((kind === 'tool' || kind === 'prompt') && { input: inputFacts(jsonSchema) }),
    ...(kind === 'tool' && served.options.annotations && { annotations: served.options.annotations }),
    policyArguments: policyArgumentsOf(served),
  };
}
