import { type AuthInfo } from '@modelcontextprotocol/server';
import { type CarriedDecision } from '../carrier.js';
import { EieError } from '../eie.error.js';
import { type AdmittedIdentity } from '../envelope/issue.js';

/** One HTTP request to an MCP route, for the handlers it calls. It travels in `authInfo.extra`, and holds no credential. */
export interface McpRequest {
  readonly admitted: AdmittedIdentity;
  readonly traceId: string;
  /** What was decided about each of its messages, by their ids. */
  readonly decisions: Map<string | number, CarriedDecision | EieError>;
}

/** @throws EieError `identity_missing` when a message did not come through the route */
export function requestOf(authInfo: AuthInfo | undefined): McpRequest {
  const request = authInfo?.extra as McpRequest | undefined;
  if (!request?.admitted) throw new EieError('identity_missing');
  return request;
}

/** Who a state, a session or a handle belongs to: the user through that client. Never the client alone, which many users share. */
export function principalOf({ actor, agent }: AdmittedIdentity): string {
  return JSON.stringify([actor.issuer, actor.sub, actor.tenant ?? null, agent.client_id]);
}
