import { type ScopeHierarchy } from 'execution-identity';
import { type McpRequest } from '../mcp/protocol/mcp-request.js';
import { type RequestRecord } from '../record/execution-record.js';
import { Slot } from '../record/slot.js';
import { type TraceFields } from '../telemetry/carried.js';

/** One HTTP request that the boundary admitted and handed to mcp-nest. */
export interface Dispatched {
  readonly record: RequestRecord;
  /** The headers: a message that brings its own `traceparent` is traced by that. */
  readonly headers: TraceFields;
  readonly call: McpRequest;
  /** How many of its calls have a record: an intent, or a refusal. */
  accounted: number;
}

/**
 * `user` of the raw request: what tools of mcp-nest read as the verified user, and what mcp-nest itself compares scopes and roles
 * with. Made of the admitted identity, frozen, without a token. New code takes `@Identity()`, which also knows the agent.
 */
export interface McpNestUser {
  readonly iss: string;
  readonly sub: string;
  readonly tenant?: string;
  readonly client_id: string;
  /** Space-delimited, with the scopes that they imply (`scopeHierarchy`). */
  readonly scope: string;
  readonly roles?: readonly string[];
}

const requests = new Slot<Dispatched>();

/** Ties the admission to the request that mcp-nest gets, and writes its `user` there, for good. */
export function dispatch(raw: object, dispatched: Dispatched, hierarchy: ScopeHierarchy): void {
  requests.fill(raw, dispatched);
  const { actor, agent, authorization } = dispatched.record.admitted;
  const user: McpNestUser = Object.freeze({
    iss: actor.issuer,
    sub: actor.sub,
    ...(actor.tenant !== undefined && { tenant: actor.tenant }),
    client_id: agent.client_id,
    scope: [...hierarchy.heldBy(authorization.scopes)].join(' '),
    ...(authorization.roles && { roles: authorization.roles }),
  });
  // Set every property attribute: omitted ones keep the values that a middleware may have set before.
  Object.defineProperty(raw, 'user', { value: user, enumerable: true, writable: false, configurable: false });
}

/** What a raw request was dispatched with; `undefined` for a request that did not come through the route. */
export function dispatchedOf(raw: unknown): Dispatched | undefined {
  return requests.of(raw);
}
