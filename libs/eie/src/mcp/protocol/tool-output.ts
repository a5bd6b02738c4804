import { type Type } from '@nestjs/common';
import { type CallToolResult, type InputRequiredResult } from '@modelcontextprotocol/server';
import { type Diagnostics, EieError } from 'execution-identity';
import { inputShapes } from '../input/closed-input.js';
import { type McpEntry } from '../runtime/mcp-entry.js';
import { outputJsonSchema } from './dto-schema.js';
import { validateInput } from './input-validation.js';
import { toolResult } from './mcp-result.js';

type Tool = Extract<McpEntry, { kind: 'tool' }>;

/** What a tool declares to return. */
export function declaredOutput(dto: Type): NonNullable<Tool['output']> {
  const jsonSchema = outputJsonSchema(dto);
  return { dto, jsonSchema, shapes: inputShapes(jsonSchema) };
}

/**
 * The result of a tool. Where the tool declares its output, it is checked as strictly as an input. What does not fit is told to the
 * operator, and no part of it to the client.
 *
 * @throws EieError `result_unserializable`, `result_invalid`
 */
export async function toolOutput(
  { output: declared, handlerName }: Tool,
  output: unknown,
  diagnostics: Diagnostics,
): Promise<CallToolResult | InputRequiredResult> {
  const result = toolResult(output, declared !== undefined);
  if (!declared || result.isError || !('content' in result)) return result;
  const { structuredContent } = result;
  const { messages } = structuredContent
    ? await validateInput(declared.dto, structuredContent, declared.shapes)
    : { messages: ['it is no object'] };
  if (!messages.length) return result;
  diagnostics.report({
    level: 'error',
    message: `The result of the tool "${handlerName}" does not fit its output: ${messages.join('; ')}.`,
  });
  throw new EieError('result_invalid');
}
