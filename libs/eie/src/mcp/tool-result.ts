import { HttpException } from '@nestjs/common';
import { type CallToolResult } from '@modelcontextprotocol/server';
import { type EieError, eieErrorIn } from '../eie.error.js';

export function toolResult(output: unknown): CallToolResult {
  const text = typeof output === 'string' ? output : (JSON.stringify(output) ?? '');
  return { content: [{ type: 'text', text }] };
}

/**
 * What a client learns of a failed tool: the code and fixed text of an EieError, with the challenge that other credentials
 * would answer; the message of an HttpException below 500; and of anything else only that it happened. The response has
 * begun, so none of it is an HTTP status.
 *
 * @param challengeOf the `WWW-Authenticate` value of a refusal, where it has one
 */
export function toolFailure(error: unknown, challengeOf: (refusal: EieError) => string | undefined): CallToolResult {
  const refusal = eieErrorIn(error);
  if (refusal) {
    const challenge = challengeOf(refusal);
    return failure(refusal.message, { code: refusal.code, ...(challenge !== undefined && { challenge }) });
  }
  if (error instanceof HttpException && error.getStatus() < 500) return failure(messageOf(error.getResponse()));
  return failure('The tool failed.');
}

/** As the exceptions of Nest, and its ValidationPipe, put it: a text, or an object with one or several. */
function messageOf(response: string | object): string {
  if (typeof response === 'string') return response;
  return 'message' in response ? [response.message].flat().join('; ') : JSON.stringify(response);
}

function failure(text: string, structuredContent?: Record<string, unknown>): CallToolResult {
  return { isError: true, content: [{ type: 'text', text }], ...(structuredContent && { structuredContent }) };
}
