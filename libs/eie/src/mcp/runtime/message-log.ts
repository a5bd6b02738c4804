import { type AuditReason } from 'execution-identity';
import { type AuditRecorder } from 'execution-identity/internal';
import { type McpCatalog } from './mcp-catalog.js';
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

/**
 * Records the messages that call no tool, resource or prompt: `initialize`, lists, subscriptions, whatever the protocol has. It also
 * records what the protocol refuses.
 */
export class MessageLog {
  readonly #audit: AuditRecorder;
  readonly #catalog: () => McpCatalog;
  readonly #recordsAll: boolean;

  /** @param configure where it is given, every message is recorded, since this code of the application runs for each */
  constructor(audit: AuditRecorder, catalog: () => McpCatalog, configure: unknown) {
    this.#audit = audit;
    this.#catalog = catalog;
    this.#recordsAll = configure !== undefined;
  }

  /**
   * Before any of it is served.
   *
   * @param message one message, or a list of them; without one, what the HTTP method says: a stream is opened or a session ended
   * @throws EieError `audit_unavailable`
   */
  async begin(message: unknown, request: McpRequest, httpMethod?: string): Promise<void> {
    const methods = message === undefined ? [httpMethod] : [message].flat().flatMap(one => this.#methodOf(one) ?? []);
    await Promise.all(
      methods.map(method =>
        this.#audit.record({
          ...aboutOf(request),
          type: 'mcp.request',
          outcome: 'started',
          ...(method !== undefined && { handler: `mcp:${method}` }),
        }),
      ),
    );
  }

  async refuse(request: McpRequest, reason: AuditReason): Promise<void> {
    await this.#audit.record({ ...aboutOf(request), type: 'mcp.refused', outcome: 'refused', reason });
  }

  /**
   * Records an answer that refuses its message, before it is sent, unless who decided has recorded it already. 405 refuses nobody: clients
   * ask with it whether there are streams.
   */
  async note(response: Response, request: McpRequest): Promise<void> {
    if (
      response.status < 400 ||
      response.status === 405 ||
      [...request.decisions.values()].some(one => one instanceof Error)
    )
      return;
    const { error } = ((await response
      .clone()
      .json()
      .catch(() => undefined)) ?? {}) as { error?: { code?: unknown } };
    const code = Number(error?.code);
    await this.refuse(request, Number.isInteger(code) ? `jsonrpc_${code}` : `http_${response.status}`);
  }

  /** Of a message that has a record of its own here: the name, `other`, or `message` where it is no request. */
  #methodOf(message: unknown): string | undefined {
    const { method, id } = (message ?? {}) as { method?: unknown; id?: unknown };
    const isRequest = typeof method === 'string' && id !== undefined;
    if (!this.#recordsAll && (!isRequest || this.#catalog().runs(method))) return undefined;
    if (!isRequest) return 'message';
    return METHODS.has(method) ? method : 'other';
  }
}

const aboutOf = ({ record, traceId }: McpRequest): { subject: McpRequest['record']['admitted']; traceId: string } => ({
  subject: record.admitted,
  traceId,
});
