import { type AuthInfo, type JSONRPCResultResponse, type ServerContext } from '@modelcontextprotocol/server';
import { type Execution } from '../../record/execution.js';
import { type RequestRecord } from '../../record/execution-record.js';
import { Slot } from '../../record/slot.js';
import { type CarriedTrace, type TraceFields } from '../../telemetry/carried.js';
import { type AdmittedIdentity, EieError } from 'execution-identity';

/** The methods that run handlers. Only handlers of the decorators have a policy. */
export const CALLS: readonly unknown[] = ['tools/call', 'resources/read', 'prompts/get'];

/** One HTTP request to an MCP route, or one message on stdio, for the handlers it calls. It holds no credential. */
export interface McpRequest {
  readonly record: RequestRecord;
  readonly traceId: string;
  readonly trace: CarriedTrace;
  /** What was decided about each of its messages, by their ids: the execution that is allowed, or why it is refused. */
  readonly decisions: Map<string | number, Execution | EieError>;
  /** The ids of its calls that have begun: one that comes back after its user was asked is decided anew. */
  readonly begun: Set<string | number>;
  /** By the ids of calls of a session: the requests that have brought the answers of the user since the call has begun, or come back. */
  readonly answers: Map<string | number, McpRequest[]>;
  /** The ids of those of its messages whose refusal or intent is recorded, or will be. */
  readonly accounted: Set<string | number>;
  /** What its messages run, by their ids, for whoever waits for the end of one. */
  readonly running: Map<string | number, Promise<unknown>>;
  /** Its answer on the way to the client. A message on stdio has none. */
  exchange?: MessageExchange;
}

export interface MessageExchange {
  /** Whether nobody waits for an answer any more. */
  readonly isGone: boolean;
  /** Sends this result. */
  answer(result: JSONRPCResultResponse): void;
  /** Calls the listener when nobody waits for an answer any more. */
  whenGone(listener: () => void): void;
  /** Calls the listener when the answer has closed, whether the client has all of it or not. */
  whenClosed(listener: () => void): void;
  /** While the client does not read what was sent: resolves when it has, or the answer has closed. */
  readonly unread: Promise<void> | undefined;
}

export const mcpRequest = (record: RequestRecord, trace: CarriedTrace): McpRequest => ({
  record,
  traceId: trace.traceId,
  trace,
  decisions: new Map(),
  begun: new Set(),
  answers: new Map(),
  accounted: new Set(),
  running: new Map(),
});

const requests = new Slot<McpRequest>();

/**
 * The SDK's own shape, in which a request reaches the handlers of its messages. Its `token` is mandatory there, and throws here. The
 * request itself is in a slot: handlers that `configure` adds are shown this object, and have no business with decisions.
 */
export function authInfoOf(request: McpRequest, resourceMetadataUrl?: string): AuthInfo {
  const auth = new AdmittedAuth(request.record.admitted);
  if (resourceMetadataUrl !== undefined) auth.resourceMetadataUrl = resourceMetadataUrl;
  requests.fill(auth, request);
  return auth;
}

class AdmittedAuth implements AuthInfo {
  readonly clientId: string;
  readonly scopes: string[];
  readonly expiresAt: number;
  resourceMetadataUrl?: string;

  constructor({ agent, authorization, expiresAt }: AdmittedIdentity) {
    this.clientId = agent.client_id;
    this.scopes = [...authorization.scopes];
    this.expiresAt = expiresAt;
  }

  get token(): never {
    throw new Error(
      'The access token stops at the boundary. To call an API as this user, use @Delegated() or DelegationService.',
    );
  }
}

/** @throws EieError `identity_missing` when a message did not come through the route */
export function requestOf(authInfo: AuthInfo | undefined): McpRequest {
  const request = requests.of(authInfo);
  if (!request) throw new EieError('identity_missing');
  return request;
}

/** Notes at the request of a message what the message runs. */
export function noteRunning({ http, mcpReq }: ServerContext, run: Promise<unknown>): void {
  requests.of(http?.authInfo)?.running.set(mcpReq.id, run);
}

/**
 * For whom a message is served, in a handler that `configure()` registers. In a session the token of each message counts, which may hold
 * other rights than the one that opened the session.
 *
 * @throws EieError `identity_missing` outside such a handler
 * @example server.setRequestHandler('completion/complete', (request, context) => complete(request, identityOf(context).actor))
 */
export function identityOf(context: ServerContext): AdmittedIdentity {
  return requestOf(context.http?.authInfo).record.admitted;
}

/** `traceparent`, `tracestate` and `baggage` in `_meta` of a single message (MCP 2026-07-28, trace context). */
export function traceFieldsOf(message: unknown): TraceFields {
  return (message as { params?: { _meta?: TraceFields | null } } | null | undefined)?.params?._meta ?? {};
}
