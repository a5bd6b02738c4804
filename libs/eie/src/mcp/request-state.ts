import { randomBytes } from 'node:crypto';
import { createRequestStateCodec, type RequestStateCodec, type ServerContext } from '@modelcontextprotocol/server';
import { principalOf, requestOf } from './mcp-request.js';

/** Seconds. */
const LIFETIME = 600;

const bind = ({ http, mcpReq }: ServerContext): string => JSON.stringify([principalOf(requestOf(http?.authInfo).admitted), mcpReq.method]);

/**
 * Signs what a client keeps between two rounds of a call (MCP 2026-07-28, multi round-trip requests). It counts for the same
 * principal, the same method alone: the client by itself is no principal, since many users share one.
 *
 * @param key at least 32 bytes, the same in every process that may see the next round. Default: one of this process
 */
export function requestStateCodec(key: string | undefined): RequestStateCodec {
  return createRequestStateCodec({ key: key ?? randomBytes(32), ttlSeconds: LIFETIME, bind });
}
