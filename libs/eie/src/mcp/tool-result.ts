import { HttpException } from '@nestjs/common';
import { type CallToolResult } from '@modelcontextprotocol/server';
import { EieError } from '../eie.error.js';

export function toolResult(output: unknown): CallToolResult {
  const text = typeof output === 'string' ? output : (JSON.stringify(output) ?? '');
  return { content: [{ type: 'text', text }] };
}

/**
 * What a client learns of a failed tool: the code and fixed text of an EieError, the response of an HttpException below
 * 500, and of anything else only that it happened. The response has begun, so none of it is an HTTP status.
 */
export function toolFailure(error: unknown): CallToolResult {
  const refusal = error instanceof HttpException ? error.cause : error;
  if (refusal instanceof EieError) return failure(refusal.message, { code: refusal.code });
  if (error instanceof HttpException && error.getStatus() < 500) return failure(JSON.stringify(error.getResponse()));
  return failure('The tool failed.');
}

function failure(text: string, structuredContent?: Record<string, unknown>): CallToolResult {
  return { isError: true, content: [{ type: 'text', text }], ...(structuredContent && { structuredContent }) };
}
