import {
  isJSONRPCRequest,
  isJSONRPCResponse,
  type RequestId,
  type WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { type McpRequest, requestOf } from '../protocol/mcp-request.js';

/**
 * Notes at each call of a session which requests bring the answers of its user: their tokens may hold fewer rights than the one that the call
 * came with. Only an answer that the SDK gets is noted, at the question that is open.
 */
export function noteAnswers(transport: WebStandardStreamableHTTPServerTransport): void {
  const calls = new Map<RequestId, McpRequest>();
  /** The ids of calls by those of their questions, which the SDK compares as numbers. */
  const questions = new Map<number, RequestId>();
  const deliver = transport.onmessage;
  transport.onmessage = (message, extra) => {
    const request = requestOf(extra?.authInfo);
    if (isJSONRPCRequest(message)) calls.set(message.id, request);
    if (isJSONRPCResponse(message)) {
      const question = Number(message.id);
      const id = questions.get(question);
      if (id !== undefined) calls.get(id)?.answers.get(id)?.push(request);
      questions.delete(question);
    }
    deliver?.(message, extra);
  };
  const send = transport.send.bind(transport);
  transport.send = (message, options) => {
    const id = options?.relatedRequestId;
    if (isJSONRPCRequest(message) && id !== undefined) {
      questions.set(Number(message.id), id);
      const call = calls.get(id);
      if (call && !call.answers.has(id)) call.answers.set(id, []);
    }
    if (isJSONRPCResponse(message) && message.id !== undefined) {
      calls.delete(message.id);
      for (const [question, call] of questions) if (call === message.id) questions.delete(question);
    }
    return send(message, options);
  };
}
