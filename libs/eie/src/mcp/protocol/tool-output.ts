import { type CallToolResult, type InputRequiredResult } from '@modelcontextprotocol/server';
import { type Diagnostics, EieError } from 'execution-identity';
import { type McpEntry } from '../runtime/mcp-entry.js';
import { validateInput } from './input-validation.js';
import { toolResult } from './mcp-result.js';

/**
 * The result of a tool. Where the tool declares its output, it is checked as strictly as an input. What does not fit is told to the
 * operator, and no part of it to the client.
 *
 * @throws EieError `result_unserializable`, `result_invalid`
 */
export async function toolOutput(
  { output: declared, handlerName }: Extract<McpEntry, { kind: 'tool' }>,
  output: unknown,
  diagnostics: Diagnostics,
): Promise<CallToolResult | InputRequiredResult> {
  const result = toolResult(output, declared !== undefined);
  if (!declared || result.isError || !('content' in result)) return result;
  const { structuredContent } = result;
  const { messages } = structuredContent
    ? await validateInput(declared.dto, structuredContent)
    : { messages: ['it is no object'] };
  if (!messages.length) return result;
  diagnostics.report({
    level: 'error',
    message: `The result of the tool "${handlerName}" does not fit its output: ${messages.join('; ')}.`,
  });
  throw new EieError('result_invalid');
}
