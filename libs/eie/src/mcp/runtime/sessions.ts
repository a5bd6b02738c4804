import { randomUUID } from 'node:crypto';
import { type IncomingMessage, type ServerResponse } from 'node:http';
import { NodeStreamableHTTPServerTransport } from '@modelcontextprotocol/node';
import {
  type AuthInfo,
  classifyInboundRequest,
  isInitializeRequest,
  type McpServer,
} from '@modelcontextprotocol/server';
import { LRUCache } from 'lru-cache';
import { principalKey } from 'execution-identity/internal';
import { requestOf } from '../protocol/mcp-request.js';

interface Session {
  /** Whose it is: knowing its id is not enough. */
  readonly principal: string;
  readonly transport: NodeStreamableHTTPServerTransport;
}

const CAPACITY = 1_000;
/** Milliseconds without a request. */
const IDLE = 600_000;
const SESSION_HEADER = 'mcp-session-id';
const UNKNOWN = JSON.stringify({ jsonrpc: '2.0', id: null, error: { code: -32_001, message: 'Session not found' } });

/**
 * Sessions of clients of the 2025 protocol, which needs them for questions to the client and for subscriptions. A session belongs to the
 * principal that opened it. Each of its requests has its own token, and is admitted and decided separately. The number of sessions is
 * bounded; the least recently used one is closed first.
 */
export class Sessions {
  readonly #sessions = new LRUCache<string, Session>({
    max: CAPACITY,
    ttl: IDLE,
    updateAgeOnGet: true,
    dispose: ({ transport }) => void transport.close(),
  });

  constructor(private readonly open: (authInfo: AuthInfo) => Promise<McpServer>) {}

  /** @returns whether the request was one of a session, and has been answered */
  async handle(
    request: IncomingMessage & { auth: AuthInfo },
    response: ServerResponse,
    body: unknown,
  ): Promise<boolean> {
    const id = request.headers[SESSION_HEADER];
    if (!isLegacy(request, body) || (id === undefined && !isInitializeRequest(body))) return false;
    const principal = principalKey(requestOf(request.auth).record.admitted);
    const session = id === undefined ? await this.#start(request.auth, principal) : this.#sessions.get(String(id));
    if (session?.principal === principal) await session.transport.handleRequest(request, response, body);
    else response.writeHead(404, { 'content-type': 'application/json' }).end(UNKNOWN);
    return true;
  }

  close(): void {
    this.#sessions.clear();
  }

  async #start(authInfo: AuthInfo, principal: string): Promise<Session> {
    const transport = new NodeStreamableHTTPServerTransport({
      sessionIdGenerator: randomUUID,
      onsessioninitialized: id => void this.#sessions.set(id, session),
      onsessionclosed: id => void this.#sessions.delete(id),
    });
    const session: Session = { principal, transport };
    await (await this.open(authInfo)).connect(transport);
    return session;
  }
}

/** A client of the 2026 protocol has no session: its session header is ignored. */
function isLegacy({ method = 'GET', headers }: IncomingMessage, body: unknown): boolean {
  const version = [headers['mcp-protocol-version']].flat()[0];
  return (
    classifyInboundRequest({
      httpMethod: method,
      body,
      ...(version !== undefined && { protocolVersionHeader: version }),
    }).kind === 'legacy'
  );
}
