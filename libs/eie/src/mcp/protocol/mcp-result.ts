import { HttpStatus } from '@nestjs/common';
import {
  type CallToolResult,
  type GetPromptResult,
  type InputRequiredResult,
  ProtocolError,
  ProtocolErrorCode,
  type ReadResourceResult,
  ResourceNotFoundError,
  UrlElicitationRequiredError,
} from '@modelcontextprotocol/server';
import { EieError } from 'execution-identity';
import { eieErrorIn, isInstance } from 'execution-identity/internal';
import { httpMessageOf, httpStatusOf } from '../../http/http-exception.js';
import { failedTool } from './failed-tool.js';
import { MARK, mark, originalOf } from './final-result.js';
import { jsonOf } from './json-of.js';

/**
 * A result of the protocol itself, for a handler for which text is not enough. It is sent as it is.
 *
 * @example return new McpContent({ content: [{ type: 'image', data, mimeType: 'image/png' }] });
 */
export class McpContent<Result extends Results = CallToolResult> {
  /** By this a copy that an interceptor makes is known. */
  readonly [MARK] = mark(this);

  constructor(readonly result: Result) {}
}

type Results = CallToolResult | ReadResourceResult | GetPromptResult;

/** What is sent for a question that a handler returns. */
const questions = new WeakMap<object, InputRequiredResult>();

/** Marks a question to the user, so that what a handler returns can be one. */
export function question(result: InputRequiredResult): InputRequiredResult {
  const marked: Record<string, unknown> = { ...result };
  marked[MARK] = mark(marked);
  questions.set(marked, result);
  return marked as InputRequiredResult;
}

/**
 * The result of the protocol that a handler has returned: {@link McpContent}, or a question of this library. Everything else is data, even
 * where it has the shape of a result: an API that a tool calls must not put a question to the user. It is not checked whether the kind of
 * result fits the handler.
 *
 * @throws EieError `result_unserializable`
 */
function finalOf<Result extends Results>(output: unknown): Result | InputRequiredResult | undefined {
  const original = originalOf(output);
  const final = original instanceof McpContent ? (original as McpContent<Result>).result : questionOf(original);
  return final && sendable(final);
}

/**
 * A result as JSON gives it back: what is checked is what is sent.
 *
 * @throws EieError `result_unserializable`
 */
export function sendable<Result>(result: Result): Result {
  const json = jsonOf(result);
  if (json === undefined) throw new EieError('result_unserializable');
  return JSON.parse(json) as Result;
}

const questionOf = (original: object | undefined): InputRequiredResult | undefined =>
  original && questions.get(original);

/** @throws EieError `result_unserializable` */
function textOf(output: unknown): string {
  return typeof output === 'string' ? output : (jsonOf(output) ?? '');
}

/** @param structured whether an output schema is listed, which then is what clients read */
export function toolResult(output: unknown, structured: boolean): CallToolResult | InputRequiredResult {
  const final = finalOf<CallToolResult>(output);
  if (final) return final;
  // Once: what is checked is what is sent.
  const json = jsonOf(output);
  const text = typeof output === 'string' ? output : (json ?? '');
  return {
    content: [{ type: 'text', text }],
    ...(structured && { structuredContent: JSON.parse(json ?? 'null') as Record<string, unknown> }),
  };
}

export function resourceResult(
  output: unknown,
  uri: string,
  mimeType: string | undefined,
): ReadResourceResult | InputRequiredResult {
  const final = finalOf<ReadResourceResult>(output);
  if (final) return final;
  const described = { uri, ...(mimeType !== undefined && { mimeType }) };
  if (output instanceof Uint8Array)
    return { contents: [{ ...described, blob: Buffer.from(output).toString('base64') }] };
  return { contents: [{ ...described, text: textOf(output) }] };
}

export function promptResult(output: unknown): GetPromptResult | InputRequiredResult {
  const final = finalOf<GetPromptResult>(output);
  if (final) return final;
  return {
    messages: [
      {
        role: 'user',
        content: { type: 'text', text: textOf(output) },
      },
    ],
  };
}

type ChallengeOf = (refusal: EieError) => string | undefined;

/**
 * What a client is told about a failed tool: the code and the fixed text of an EieError, with its challenge; the message of an
 * HttpException below 500; of any other error only that the tool failed. The response has begun, so there is no HTTP status.
 *
 * @param challengeOf the `WWW-Authenticate` value of a refusal, where it has one
 * @param declaresOutput whether the tool has an output schema
 * @throws UrlElicitationRequiredError as it was thrown: clients of the 2025 protocol that have no session are sent to a page by it alone
 */
export function toolFailure(error: unknown, challengeOf: ChallengeOf, declaresOutput: boolean): CallToolResult {
  if (isInstance(error, UrlElicitationRequiredError) && isSendable(error)) throw error;
  const { text, data } = failureOf(error, challengeOf);
  return data ? failedTool(text, data, declaresOutput) : { isError: true, content: [{ type: 'text', text }] };
}

/** The same for a resource or a prompt. Their results cannot be errors, so it is an error of the protocol. */
export function protocolFailure(error: unknown, uri: string | undefined, challengeOf: ChallengeOf): ProtocolError {
  if (isInstance(error, ProtocolError) && isSendable(error)) return error;
  if (uri !== undefined && httpStatusOf(error) === (HttpStatus.NOT_FOUND as number))
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
      data: {
        code: refusal.code,
        ...(challenge !== undefined && { challenge }),
        ...(refusal.approvalId !== undefined && { approval_id: refusal.approvalId }),
        ...(refusal.retryAfter !== undefined && { retry_after: refusal.retryAfter }),
      },
      isCallers: refusal.code === 'input_invalid',
    };
  }
  const text = httpMessageOf(error);
  return text === undefined ? { text: 'The tool failed.' } : { text, isCallers: true };
}

/** Whether an error of the protocol, which code of the application has made, can be written as JSON. */
function isSendable({ code, message, data }: ProtocolError): boolean {
  try {
    return JSON.stringify([code, message, data]) !== undefined;
  } catch {
    return false;
  }
}
