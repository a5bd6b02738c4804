import { randomUUID } from 'node:crypto';
import {
  type AuthInfo,
  classifyInboundRequest,
  isInitializeRequest,
  type McpServer,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { LRUCache } from 'lru-cache';
import { type EieErrorCode } from 'execution-identity';
import { principalKey } from 'execution-identity/internal';
import { requestOf } from '../protocol/mcp-request.js';

interface Session {
  /** Whose it is: knowing its id is not enough. */
  readonly principal: string;
  readonly transport: WebStandardStreamableHTTPServerTransport;
}

/** A request of a session: its answer, or why there is none. */
export interface SessionAnswer {
  readonly response: Response;
  readonly refusal?: EieErrorCode;
}

const CAPACITY = 1_000;
/** Milliseconds without a request. */
const IDLE = 600_000;
const SESSION_HEADER = 'mcp-session-id';
const NOT_FOUND = { jsonrpc: '2.0', id: null, error: { code: -32_001, message: 'Session not found' } };

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

  /** @returns `undefined` for a request that is of no session */
  async answer(request: Request, authInfo: AuthInfo, body: unknown): Promise<SessionAnswer | undefined> {
    const id = request.headers.get(SESSION_HEADER);
    if (!isLegacy(request, body) || (id === null && !isInitializeRequest(body))) return undefined;
    const principal = principalKey(requestOf(authInfo).record.admitted);
    const session = id === null ? await this.#start(authInfo, principal) : this.#sessions.get(id);
    if (session?.principal !== principal)
      return {
        response: Response.json(NOT_FOUND, { status: 404 }),
        refusal: session ? 'session_foreign' : 'session_unknown',
      };
    const parsed = body === undefined ? {} : { parsedBody: body };
    return { response: await session.transport.handleRequest(request, { authInfo, ...parsed }) };
  }

  close(): void {
    this.#sessions.clear();
  }

  async #start(authInfo: AuthInfo, principal: string): Promise<Session> {
    const transport = new WebStandardStreamableHTTPServerTransport({
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
function isLegacy({ method, headers }: Request, body: unknown): boolean {
  const version = headers.get('mcp-protocol-version');
  return (
    classifyInboundRequest({
      httpMethod: method,
      body,
      ...(version !== null && { protocolVersionHeader: version }),
    }).kind === 'legacy'
  );
}
