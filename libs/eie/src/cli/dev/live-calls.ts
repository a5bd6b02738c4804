import { type AuditEvent, type AuditReason, type EieErrorCode } from 'execution-identity';
import { REASON_CODES, remedyOf, textOf } from 'execution-identity/internal';
import { type DevApiCall, type DevCall, type DevResult } from './dev-page.js';

const MAX_CALLS = 200;
/** Calls of APIs that one execution shows. */
const MAX_APIS = 50;

/** A request of the protocol is no call, nor is the start of a process. */
const NO_CALLS: readonly AuditEvent['type'][] = ['service.started', 'mcp.request', 'identity.revoked'];

const OUTCOMES: Readonly<Record<AuditEvent['outcome'], DevResult['outcome']>> = {
  started: 'running',
  ok: 'succeeded',
  failed: 'failed',
  refused: 'refused',
  unknown: 'unknown',
};

/** The newest calls of an application, joined of the records of its audit log as they come. */
export class LiveCalls {
  readonly #calls = new Map<string, DevCall>();
  /** The call and the place of each call of an API, by the id of its intent. */
  readonly #apis = new Map<string, readonly [id: string, place: number]>();
  /** The call of each intent. */
  readonly #executions = new Map<string, string>();

  /** The newest first. */
  get newest(): DevCall[] {
    return [...this.#calls.values()].reverse();
  }

  /** @returns the call that is new or has changed; nothing for a record that belongs to none */
  add(event: AuditEvent): DevCall | undefined {
    if (NO_CALLS.includes(event.type)) return undefined;
    const id = this.#idOf(event);
    const known = this.#calls.get(id);
    const changed = event.type.startsWith('delegation.')
      ? known && this.#withApi(known, event)
      : { ...(known ?? callOf(id, event)), result: resultOf(event), durationMs: event.duration_ms };
    if (changed) this.#keep(changed);
    return changed;
  }

  /** An envelope goes along to the API, which may write beside the application: there it has executions of its own, one for each request. */
  #idOf(event: AuditEvent): string {
    const { type, id, envelope_id: envelope, intent_id: intent, handler } = event;
    if (type === 'execution.intent') {
      const own = envelope !== null && !this.#calls.has(envelope) ? envelope : id;
      this.#executions.set(id, own);
      return own;
    }
    if (type === 'execution.outcome') return this.#executions.get(intent ?? '') ?? envelope ?? id;
    if (!type.startsWith('delegation.')) return standsAlone(event);
    const [asked] = this.#apis.get(intent ?? '') ?? [];
    const first = this.#calls.get(envelope ?? '');
    return asked ?? (first && first.handler !== handler ? this.#newestOf(event) : undefined) ?? envelope ?? id;
  }

  /** The newest call of the same handler in the same trace. */
  #newestOf({ handler, trace_id }: AuditEvent): string | undefined {
    return this.newest.find(call => call.handler === handler && call.traceId === trace_id)?.id;
  }

  #withApi(call: DevCall, event: AuditEvent): DevCall | undefined {
    const { target, delegation_mode: mode } = event;
    // A target that is not configured has no mode; the result of the execution names the reason.
    if (target === null || mode === null) return undefined;
    const api: DevApiCall = { target, mode, result: resultOf(event) };
    const [, place = call.apis.length] = this.#apis.get(event.intent_id ?? '') ?? [];
    if (place >= MAX_APIS) return undefined;
    if (event.type === 'delegation.intent') this.#apis.set(event.id, [call.id, place]);
    return { ...call, apis: Object.assign([...call.apis], { [place]: api }) };
  }

  #keep(call: DevCall): void {
    this.#calls.set(call.id, call);
    const [oldest] = this.#calls.keys();
    if (this.#calls.size <= MAX_CALLS || oldest === undefined) return;
    this.#calls.delete(oldest);
    for (const [intent, [id]] of this.#apis) if (id === oldest) this.#apis.delete(intent);
    for (const [intent, id] of this.#executions) if (id === oldest) this.#executions.delete(intent);
  }
}

/** A question and its decision have the approval in common. A refusal stands alone. */
const standsAlone = ({ type, id, approval_id: approval }: AuditEvent): string =>
  type.startsWith('approval.') ? (approval ?? id) : id;

const callOf = (id: string, event: AuditEvent): Omit<DevCall, 'result' | 'durationMs'> => ({
  id,
  time: event.time,
  user: event.actor_sub,
  isService: event.actor_type === 'service',
  tenant: event.tenant,
  agent: event.agent_chain?.map(({ id }) => id).join(' for ') ?? event.agent_id,
  handler: event.handler,
  apis: [],
  traceId: event.trace_id,
});

function resultOf({ type, outcome, reason, detail_code: said }: AuditEvent): DevResult {
  if (type === 'approval.requested') return { outcome: 'running', ...explained('approval_required', null) };
  return { outcome: OUTCOMES[outcome], ...explained(reason, said) };
}

function explained(reason: AuditReason | null, said: string | null): Omit<DevResult, 'outcome'> {
  if (reason === null) return { reason, cause: null, fix: null };
  const { cause, fix } = textsOf(reason);
  return { reason, cause: said === null ? cause : `${cause} The authorization server said ${said}.`, fix };
}

const isOfTable = (reason: AuditReason): reason is EieErrorCode => (REASON_CODES as readonly string[]).includes(reason);

/** What the audit log says besides the codes of docs/reason-codes.md. */
function textsOf(reason: AuditReason): { readonly cause: string; readonly fix: string } {
  if (isOfTable(reason)) return { cause: textOf(reason), fix: remedyOf(reason).fix };
  const [, protocol, number] = /^(http|jsonrpc)_(-?\d+)$/.exec(reason) ?? [];
  if (protocol === 'http')
    return {
      cause: `It was answered with the HTTP status ${number}.`,
      fix: 'Look at what the handler throws, or at the answer of the API that it calls.',
    };
  if (protocol === 'jsonrpc')
    return {
      cause: `The message was answered with the JSON-RPC error ${number}.`,
      fix: 'Compare the message with the MCP specification: its method, its parameters and the version of its protocol.',
    };
  return OTHERS[reason as keyof typeof OTHERS] ?? OTHERS.error;
}

const OTHERS = {
  aborted: {
    cause: 'The caller cancelled the request, or closed the connection.',
    fix: 'Let the client wait for longer, or the handler answer sooner.',
  },
  process_ended: {
    cause: 'The process ended before the outcome was recorded, so it is not known whether the act has happened.',
    fix: 'Look at what the application has printed last. A restart while a call runs does this, too.',
  },
  error: {
    cause: 'The handler threw an error.',
    fix: 'Look at what the application has printed: its log has the error. The audit log never has the text of one.',
  },
};
