import { ProtocolErrorCode } from '@modelcontextprotocol/server';

/** How deep, large and wide a message may be. */
export interface MessageLimits {
  readonly depth: number;
  readonly values: number;
  /** Of one object. */
  readonly members: number;
  /** Of one text or name: bytes as it is written, or characters where a parser has read it. */
  readonly text: number;
  /** Of the whole message, where no parser has read it. */
  readonly bytes: number;
}

/** More than any tool's input needs, and far from what makes a recursive or quadratic reader slow. */
export const MESSAGE_LIMITS: MessageLimits = {
  depth: 64,
  values: 10_000,
  members: 1_000,
  text: 256 * 1024,
  bytes: 1024 * 1024,
};

/** What a message past the limits is answered with (JSON-RPC 2.0 §5.1); its `id` is the message's, where that is read. */
export const LIMIT_REFUSAL = {
  jsonrpc: '2.0',
  id: null,
  error: { code: ProtocolErrorCode.InvalidRequest, message: 'The message is too deep, too large or too wide' },
} as const;

/** Messages in one list of them (JSON-RPC 2.0 §6): each is decided, and has its record. */
const BATCH = 100;

export const isTooLongBatch = (message: unknown): boolean => Array.isArray(message) && message.length > BATCH;

/**
 * Whether a parsed JSON value is deeper, larger or wider than a message may be. Runs in linear time, and no deeper than a message may be. It does NOT
 * bound what parsing cost: a message that is still bytes goes through `bytesExceedLimits` first.
 */
export const exceedsLimits = (value: unknown, limits: MessageLimits = MESSAGE_LIMITS): boolean =>
  countValues(value, 0, 0, limits) > limits.values;

/** How many values there are, with those that were counted before; infinitely many where another limit is passed. */
function countValues(value: unknown, counted: number, depth: number, limits: MessageLimits): number {
  let values = counted + 1;
  if (depth > limits.depth || values > limits.values) return Infinity;
  if (typeof value === 'string') return value.length > limits.text ? Infinity : values;
  if (typeof value !== 'object' || value === null) return values;
  if (Array.isArray(value)) {
    for (let i = 0; i < value.length && values <= limits.values; i++)
      values = countValues(value[i], values, depth + 1, limits);
    return values;
  }
  // Counted before they are read: reading the members of a wide object takes several times as long.
  const names = Object.keys(value);
  if (names.length > limits.members) return Infinity;
  for (const name of names) {
    if (name.length > limits.text || values > limits.values) return Infinity;
    values = countValues((value as Record<string, unknown>)[name], values, depth + 1, limits);
  }
  return values;
}
