import { type CallToolResult, ProtocolError, ProtocolErrorCode } from '@modelcontextprotocol/server';
import { failedTool } from './failed-tool.js';

const coded = () => ({ code: 'input_invalid' });
const textOf = (messages: readonly string[]): string => `Input validation error: ${messages.join('; ')}`;

/** What the model is told about an input of a tool that does not fit: enough to correct it. */
export const inputFailure = (messages: readonly string[], declaresOutput: boolean): CallToolResult =>
  failedTool(textOf(messages), coded(), declaresOutput);

/** The same for a resource or a prompt. Their results cannot be errors, so it is an error of the protocol. */
export const inputError = (messages: readonly string[]): ProtocolError =>
  new ProtocolError(ProtocolErrorCode.InvalidParams, textOf(messages), coded());
