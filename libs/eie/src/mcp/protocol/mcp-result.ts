import { HttpException, HttpStatus } from '@nestjs/common';
import {
  type CallToolResult,
  type GetPromptResult,
  type InputRequiredResult,
  isInputRequiredResult,
  ProtocolError,
  ProtocolErrorCode,
  type ReadResourceResult,
  ResourceNotFoundError,
} from '@modelcontextprotocol/server';
import { type EieError } from 'execution-identity';
import { eieErrorIn } from 'execution-identity/internal';

/** What a handler returns when text is not enough: the result of the protocol itself, sent as it is. */
export class McpContent<Result extends Results = CallToolResult> {
  constructor(readonly result: Result) {}
}

type Results = CallToolResult | ReadResourceResult | GetPromptResult;

/** Whether a handler has put its result in the words of the protocol itself. Its author answers for the kind. */
const isFinal = <Result extends Results>(output: unknown): output is McpContent<Result> | InputRequiredResult =>
  output instanceof McpContent || isInputRequiredResult(output);

const finalOf = <Result extends Results>(
  output: McpContent<Result> | InputRequiredResult,
): Result | InputRequiredResult => (output instanceof McpContent ? output.result : output);

/** @param structured whether an output schema is listed, which then is what clients read */
export function toolResult(output: unknown, structured: boolean): CallToolResult | InputRequiredResult {
  if (isFinal<CallToolResult>(output)) return finalOf(output);
  const text = typeof output === 'string' ? output : (JSON.stringify(output) ?? '');
  return {
    content: [{ type: 'text', text }],
    ...(structured && { structuredContent: JSON.parse(text) as Record<string, unknown> }),
  };
}

export function resourceResult(
  output: unknown,
  uri: string,
  mimeType: string | undefined,
): ReadResourceResult | InputRequiredResult {
  if (isFinal<ReadResourceResult>(output)) return finalOf(output);
  const described = { uri, ...(mimeType !== undefined && { mimeType }) };
  if (output instanceof Uint8Array)
    return { contents: [{ ...described, blob: Buffer.from(output).toString('base64') }] };
  return { contents: [{ ...described, text: typeof output === 'string' ? output : (JSON.stringify(output) ?? '') }] };
}

export function promptResult(output: unknown): GetPromptResult | InputRequiredResult {
  if (isFinal<GetPromptResult>(output)) return finalOf(output);
  return {
    messages: [
      {
        role: 'user',
        content: { type: 'text', text: typeof output === 'string' ? output : (JSON.stringify(output) ?? '') },
      },
    ],
  };
}

type ChallengeOf = (refusal: EieError) => string | undefined;

/**
 * What a client learns of a failed tool: the code and fixed text of an EieError, with the challenge that other credentials
 * would answer; the message of an HttpException below 500; and of anything else only that it happened. The response has
 * begun, so none of it is an HTTP status.
 *
 * @param challengeOf the `WWW-Authenticate` value of a refusal, where it has one
 */
export function toolFailure(error: unknown, challengeOf: ChallengeOf): CallToolResult {
  const { text, data } = failureOf(error, challengeOf);
  return { isError: true, content: [{ type: 'text', text }], ...(data && { structuredContent: data }) };
}

/** What the model is told of an input that does not fit: enough to mend it. */
export function inputFailure(messages: readonly string[]): CallToolResult {
  return {
    isError: true,
    content: [{ type: 'text', text: `Input validation error: ${messages.join('; ')}` }],
    structuredContent: { code: 'input_invalid' },
  };
}

/** The same for a resource or a prompt, whose results know no error: an error of the protocol. */
export function protocolFailure(error: unknown, uri: string | undefined, challengeOf: ChallengeOf): ProtocolError {
  if (error instanceof ProtocolError) return error;
  if (uri !== undefined && error instanceof HttpException && error.getStatus() === (HttpStatus.NOT_FOUND as number))
    return new ResourceNotFoundError(uri);
  const { text, data, isCallers } = failureOf(error, challengeOf);
  return new ProtocolError(isCallers ? ProtocolErrorCode.InvalidParams : ProtocolErrorCode.InternalError, text, data);
}

function failureOf(
  error: unknown,
  challengeOf: ChallengeOf,
): { text: string; data?: Record<string, unknown>; isCallers?: boolean } {
  const refusal = eieErrorIn(error);
  if (refusal) {
    const challenge = challengeOf(refusal);
    return {
      text: refusal.message,
      data: { code: refusal.code, ...(challenge !== undefined && { challenge }) },
      isCallers: refusal.code === 'input_invalid',
    };
  }
  if (error instanceof HttpException && error.getStatus() < 500)
    return { text: messageOf(error.getResponse()), isCallers: true };
  return { text: 'The tool failed.' };
}

/** As the exceptions of Nest, and its ValidationPipe, put it: a text, or an object with one or several. */
function messageOf(response: string | object): string {
  if (typeof response === 'string') return response;
  return 'message' in response ? [response.message].flat().join('; ') : JSON.stringify(response);
}
