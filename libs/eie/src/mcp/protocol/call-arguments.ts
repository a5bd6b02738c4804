import { ProtocolErrorCode, type RequestId } from '@modelcontextprotocol/server';
import { idOf } from './rpc-error.js';

interface GivenMessage {
  readonly method?: unknown;
  readonly params?: { readonly arguments?: unknown } | null;
}

interface ErrorAnswer {
  readonly jsonrpc: '2.0';
  readonly id: RequestId | null;
  readonly error: { readonly code: number; readonly message: string };
}

/**
 * What a message is answered with whose arguments the SDK would not refuse as an input: `__proto__`, which it drops in silence, so that nobody
 * could record it, and arguments of a prompt that are no texts, for which it answers an internal error. `undefined` for every other message,
 * and a deeper `__proto__` is still there when the input is validated.
 *
 * @param message one, or a list of them
 */
export function argumentsRefusal(message: unknown): ErrorAnswer | undefined {
  const problem = Array.isArray(message) ? message.map(problemOf).find(one => one) : problemOf(message);
  if (problem === undefined) return undefined;
  const text = `Input validation error: ${problem}`;
  return { jsonrpc: '2.0', id: idOf(message), error: { code: ProtocolErrorCode.InvalidParams, message: text } };
}

function problemOf(message: unknown): string | undefined {
  const { method, params } = (message ?? {}) as GivenMessage;
  const given = params?.arguments;
  if (given === undefined) return undefined;
  const isObject = typeof given === 'object' && given !== null;
  if (isObject && Object.hasOwn(given, '__proto__')) return 'property __proto__ should not exist';
  if (method !== 'prompts/get') return undefined;
  const areTexts = isObject && !Array.isArray(given) && Object.values(given).every(one => typeof one === 'string');
  return areTexts ? undefined : 'the arguments of a prompt must be texts';
}
