import { randomBytes } from 'node:crypto';
import { createRequestStateCodec, type RequestStateCodec, type ServerContext } from '@modelcontextprotocol/server';
import { principalOf, requestOf } from './mcp-request.js';

/** Seconds. */
const LIFETIME = 600;

/**
 * Signs what a client keeps between two rounds of a call (MCP 2026-07-28, multi round-trip requests). It counts for the same
 * principal and route alone: the client by itself is no principal, since many users share one. It does NOT hide it, and it does
 * NOT count how often it comes back.
 *
 * @param resource the identifier of the route
 * @param key at least 32 bytes, the same in every process that may see the next round. Default: one of this process
 */
export function requestStateCodec(resource: string, key: string | undefined): RequestStateCodec {
  const bind = ({ http }: ServerContext): string =>
    JSON.stringify([principalOf(requestOf(http?.authInfo).record.admitted), resource]);
  return createRequestStateCodec({ key: key ?? randomBytes(32), ttlSeconds: LIFETIME, bind });
}
