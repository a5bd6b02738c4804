import { randomBytes } from 'node:crypto';

/**
 * The W3C trace id of a valid `traceparent` (version 00), else a new one. Callers choose it: it correlates records and proves
 * nothing.
 *
 * @returns 32 hex digits
 */
export function traceIdFrom(traceparent: unknown): string {
  const match =
    typeof traceparent === 'string' ? /^00-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}$/.exec(traceparent) : null;
  const id = match?.[1];
  return id && !/^0+$/.test(id) ? id : randomBytes(16).toString('hex');
}
