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
 * Whether a parsed JSON value is deeper, larger or wider than a message may be. Runs in linear time and constant stack. It does NOT
 * bound what parsing cost: a message that is still bytes goes through `bytesExceedLimits` first.
 */
export function exceedsLimits(value: unknown, limits: MessageLimits = MESSAGE_LIMITS): boolean {
  let level = [value];
  let values = 0;
  for (let depth = 0; level.length; depth++) {
    values += level.length;
    if (depth > limits.depth || values > limits.values) return true;
    const next: unknown[] = [];
    for (const one of level) {
      if (typeof one === 'string' && one.length > limits.text) return true;
      if (typeof one !== 'object' || one === null) continue;
      // Counted before they are read: reading the members of a wide object takes several times as long.
      if (Array.isArray(one) ? one.length > limits.values : hasTooManyMembers(one, limits)) return true;
      for (const member of Object.values(one) as unknown[]) next.push(member);
    }
    level = next;
  }
  return false;
}

function hasTooManyMembers(one: object, { members, text }: MessageLimits): boolean {
  const names = Object.keys(one);
  return names.length > members || names.some(name => name.length > text);
}
