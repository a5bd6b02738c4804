import { McpServer, type ScopeChallengeHandler, type ServerContext } from '@modelcontextprotocol/server';
import { type AuditTrail } from '../audit/audit-trail.js';
import { type Authorizer } from '../authorization/authorizer.js';
import { type CarriedDecision } from '../carrier.js';
import { EieError } from '../eie.error.js';
import { type AdmittedIdentity } from '../envelope/issue.js';
import { toolCall } from './tool-call.js';
import { inputSchema } from './tool-input.schema.js';
import { toolFailure, toolResult } from './tool-result.js';
import { type ToolEntry } from './tools.explorer.js';

/** What one HTTP request brings to the tools it calls. */
export interface McpRequest {
  readonly admitted: AdmittedIdentity;
  readonly traceId: string;
}

export interface McpServerInfo {
  readonly name: string;
  readonly version: string;
}

/**
 * The official SDK's server for one HTTP request: nothing in it outlives the request or is shared with another. Each
 * call is decided before it is dispatched, while a refusal can still be an HTTP 403, then its input is validated, then
 * the tool's pipeline runs and its guard demands the decision.
 */
export function toolServer(
  tools: Iterable<ToolEntry>,
  { admitted, traceId }: McpRequest,
  parts: { readonly info: McpServerInfo; readonly authorizer: Authorizer; readonly trail: AuditTrail; readonly challengeOf: (refusal: EieError) => string | undefined },
): McpServer {
  const decisions = new Map<string | number, CarriedDecision | EieError>();

  const decide = (tool: ToolEntry): ScopeChallengeHandler => async ({ request }) => {
    const execution = { handler: tool.handler, type: tool.type, tool: tool.name, traceId };
    try {
      await parts.authorizer.authorize(admitted, execution);
      decisions.set(request.id, { ...execution, admitted });
    } catch (error) {
      if (!(error instanceof EieError)) throw error;
      decisions.set(request.id, error);
      if (error.code === 'insufficient_scope') return { scopes: error.scopes as [string, ...string[]] };
    }
    return undefined;
  };

  const run = (tool: ToolEntry) => async (input: unknown, { mcpReq }: ServerContext) => {
    const decision = decisions.get(mcpReq.id);
    try {
      if (decision instanceof EieError) throw decision;
      return toolResult(await tool.invoke(toolCall(tool.name, mcpReq.signal, decision), input));
    } catch (error) {
      return toolFailure(error, parts.challengeOf);
    }
  };

  const refuseInput = (tool: ToolEntry) => (): Promise<void> =>
    parts.trail.record({ type: 'input.refused', outcome: 'refused', subject: admitted, tool: tool.name, traceId, reason: 'input_invalid' });

  const server = new McpServer(parts.info, { capabilities: { tools: {} } });
  for (const tool of tools) {
    const { name, description, dto, jsonSchema } = tool;
    server.registerTool(name, { description, inputSchema: inputSchema(dto, jsonSchema, refuseInput(tool)), scopeChallenge: decide(tool) }, run(tool));
  }
  return server;
}
