import { randomUUID } from 'node:crypto';
import { type AuditReason, EieError } from 'execution-identity';
import { type AuditRecorder } from 'execution-identity/internal';
import { type McpRequest } from '../protocol/mcp-request.js';

/** The methods that clients of either protocol era call. The audit log names no method that a client has invented. */
const METHODS = new Set([
  'tools/call',
  'resources/read',
  'prompts/get',
  'initialize',
  'server/discover',
  'ping',
  'tools/list',
  'resources/list',
  'resources/templates/list',
  'resources/subscribe',
  'resources/unsubscribe',
  'prompts/list',
  'completion/complete',
  'logging/setLevel',
  'subscriptions/listen',
]);

/** A request of JSON-RPC, as its sender wrote it. */
export interface CalledMethod {
  readonly method: string;
  readonly params?: unknown;
}

/** In `accounted`: the refusal of the whole request is recorded. It is random, so that no id of a message equals it. */
const WHOLE = `whole ${randomUUID()}`;

type Sender = Pick<McpRequest, 'record' | 'traceId'>;

/**
 * Records the messages that call no tool, resource or prompt: `initialize`, lists, subscriptions, whatever the protocol has. It also
 * records what the protocol refuses.
 */
export class MessageLog {
  readonly #audit: AuditRecorder;
  readonly #runs: (request: CalledMethod) => boolean;
  readonly #recordsAll: boolean;

  /**
   * @param runs whether a request runs handlers, which have records of their own: an intent, or a refusal
   * @param recordsAll every message, since code of the application runs for each: `configure`
   */
  constructor(audit: AuditRecorder, runs: (request: CalledMethod) => boolean, recordsAll = false) {
    this.#audit = audit;
    this.#runs = runs;
    this.#recordsAll = recordsAll;
  }

  /**
   * Before any of it is served.
   *
   * @param message one message, or a list of them; without one, what the HTTP method says: a stream is opened or a session ended
   * @throws EieError `audit_unavailable`
   */
  async begin(message: unknown, request: Sender, httpMethod = 'POST'): Promise<void> {
    const methods = httpMethod === 'POST' ? [message].flat().flatMap(one => this.#methodOf(one) ?? []) : [httpMethod];
    if (!methods.length) return;
    await Promise.all(
      methods.map(method =>
        this.#audit.record({
          ...aboutOf(request),
          type: 'mcp.request',
          outcome: 'started',
          handler: `mcp:${method}`,
        }),
      ),
    );
  }

  /** Records that the whole request is refused. */
  async refuse(request: McpRequest, reason: AuditReason | EieError): Promise<void> {
    request.accounted.add(WHOLE);
    await this.#refuse(request, reason);
  }

  async #refuse(request: Sender, reason: AuditReason | EieError): Promise<void> {
    await this.#audit.record({ ...aboutOf(request), type: 'mcp.refused', outcome: 'refused', reason });
  }

  /**
   * Records an answer that refuses its message, before it is sent, unless who decided has recorded it already. 405 refuses nobody: clients
   * ask with it whether there are streams. 499 is nobody's answer: the client has gone away.
   */
  async note(response: Response, request: McpRequest): Promise<void> {
    if (response.status < 400) return;
    const isRecorded = request.accounted.size > 0;
    request.accounted.add(WHOLE);
    if (isRecorded || response.status === 405 || response.status === 499) return;
    const { error } = ((await response
      .clone()
      .json()
      .catch(() => undefined)) ?? {}) as { error?: { code?: unknown } };
    const code = Number(error?.code);
    await this.#refuse(request, Number.isInteger(code) ? `jsonrpc_${code}` : `http_${response.status}`);
  }

  /**
   * Records the calls in a message that have been served, and of which nothing is recorded: the protocol refused their form, or they have no
   * id. A call without an id is a notification (JSON-RPC 2.0 §4.1): it runs nothing, and gets no answer that says so.
   */
  async account(message: unknown, request: McpRequest): Promise<void> {
    if (request.accounted.has(WHOLE)) return;
    for (const one of [message].flat()) {
      const { method, id } = (one ?? {}) as { method?: unknown; id?: string | number };
      if (typeof method !== 'string' || !this.#runs(one as CalledMethod)) continue;
      if (id === undefined || !request.accounted.has(id)) await this.#refuse(request, new EieError('input_invalid'));
    }
  }

  /** Of a message that has a record of its own here: the name, `other`, or `message` where it is no request. */
  #methodOf(message: unknown): string | undefined {
    const { method, id } = (message ?? {}) as { method?: unknown; id?: unknown };
    const isRequest = typeof method === 'string' && id !== undefined;
    if (!this.#recordsAll && (!isRequest || this.#runs(message as CalledMethod))) return undefined;
    if (!isRequest) return 'message';
    return METHODS.has(method) ? method : 'other';
  }
}

const aboutOf = ({ record, traceId }: Sender): { subject: McpRequest['record']['admitted']; traceId: string } => ({
  subject: record.admitted,
  traceId,
});
