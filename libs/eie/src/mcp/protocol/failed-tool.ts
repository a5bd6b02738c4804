import { type CallToolResult } from '@modelcontextprotocol/server';

/** In `_meta` of the result of a failed tool: its code, and what else a program needs to go on. */
export const FAILURE_META = 'execution-identity/failure';

/**
 * The result of a tool that was refused or has failed. A client that checks the structured content of errors too, as the official one of the 2025
 * era does, would report that of a tool with an output schema as a fault of the server, and show no text.
 *
 * @param declaresOutput whether the tool has an output schema
 */
export function failedTool(text: string, data: Record<string, unknown>, declaresOutput: boolean): CallToolResult {
  return {
    isError: true,
    content: [{ type: 'text', text }],
    _meta: { [FAILURE_META]: data },
    ...(!declaresOutput && { structuredContent: data }),
  };
}
