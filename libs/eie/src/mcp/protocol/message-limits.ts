import { ProtocolErrorCode } from '@modelcontextprotocol/server';

/** More than any tool's input needs, and far from what makes a recursive or quadratic reader slow. */
const MAX_DEPTH = 64;
const MAX_VALUES = 10_000;
const MAX_MEMBERS = 1_000;

/** What a message past the limits is answered with (JSON-RPC 2.0 §5.1); its `id` is the message's, where that is read. */
export const LIMIT_REFUSAL = {
  jsonrpc: '2.0',
  id: null,
  error: { code: ProtocolErrorCode.InvalidRequest, message: 'The message is too deep, too large or too wide' },
} as const;

/** Whether a parsed JSON value is deeper, larger or wider than a message may be. Runs in linear time and constant stack. */
export function exceedsLimits(value: unknown): boolean {
  let level = [value];
  let values = 0;
  for (let depth = 0; level.length; depth++) {
    values += level.length;
    if (depth > MAX_DEPTH || values > MAX_VALUES) return true;
    const next: unknown[] = [];
    for (const one of level) {
      if (typeof one !== 'object' || one === null) continue;
      // Counted before they are read: reading the members of a wide object takes several times as long.
      if (Array.isArray(one) ? one.length > MAX_VALUES : Object.keys(one).length > MAX_MEMBERS) return true;
      for (const member of Object.values(one) as unknown[]) next.push(member);
    }
    level = next;
  }
  return false;
}
