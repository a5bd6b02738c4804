import { randomBytes, randomUUID } from 'node:crypto';
import {
  type AuthInfo,
  isInitializeRequest,
  isJSONRPCRequest,
  isJSONRPCResponse,
  type McpServer,
  type RequestId,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { LRUCache } from 'lru-cache';
import { type Diagnostics, EieError, type EieErrorCode, Shares } from 'execution-identity';
import { principalKey, revocableIdentity, shareHolder } from 'execution-identity/internal';
import { type IdentityRevocation } from '../../revocation/identity-revocation.service.js';
import { requestOf } from '../protocol/mcp-request.js';
import { noteAnswers } from './session-answers.js';
import { isLegacy } from './single-answer.js';

interface Session {
  /** Whose it is: knowing its id is not enough. */
  readonly principal: string;
  readonly transport: WebStandardStreamableHTTPServerTransport;
  /** Gives back the part of its principal. */
  readonly release: () => void;
  /** The ids of requests that are not answered yet. */
  readonly pending: Set<RequestId>;
}

/** A request of a session: its answer, or why there is none. */
export interface SessionAnswer {
  readonly response: Response;
  readonly refusal?: EieErrorCode;
}

/** More than this are never shared out, so the cache itself evicts none. */
const CAPACITY = 26_000;
/** Milliseconds without a request. */
const IDLE = 600_000;
/** Milliseconds between two searches for idle sessions. */
const PURGE_EVERY = 10_000;
const SESSION_HEADER = 'mcp-session-id';
/** Requests of one session that are not answered yet. */
const PENDING = 1_000;
/** Which process has opened a session: the beginning of its id. It is no secret. */
const MARK = `${randomBytes(6).toString('hex')}.`;
const MARKED = /^[0-9a-f]{12}\.[0-9a-f-]{36}$/;
/** Milliseconds between two reports. */
const REPORT_EVERY = 60_000;
const ASTRAY =
  'A request of a session that another process has opened, or one that has ended, has come here, and is refused. Where there are several instances, have the load balancer send all requests with one mcp-session-id to one instance.';
const NOT_FOUND = { jsonrpc: '2.0', id: null, error: { code: -32_001, message: 'Session not found' } };

/**
 * Sessions of clients of the 2025 protocol, which needs them for questions to the client and for subscriptions. A session belongs to the
 * principal that opened it. Each of its requests has its own token, and is admitted and decided separately. The number of sessions is
 * bounded, in shares: a principal that has as many as it may opens no other one, and closes none of anybody else's.
 */
export class Sessions {
  readonly #sessions = new LRUCache<string, Session>({
    max: CAPACITY,
    ttl: IDLE,
    updateAgeOnGet: true,
    dispose: ({ transport, release }) => {
      release();
      void transport.close();
    },
  });
  readonly #shares = new Shares(CAPACITY);
  #purgedAt = performance.now();

  #reportedAt = -Infinity;

  constructor(
    private readonly open: (authInfo: AuthInfo) => Promise<McpServer>,
    private readonly revocation: IdentityRevocation,
    private readonly diagnostics: Diagnostics,
  ) {}

  /**
   * @returns `undefined` for a request that is of no session
   * @throws EieError `limit_reached`
   */
  async answer(request: Request, authInfo: AuthInfo, body: unknown): Promise<SessionAnswer | undefined> {
    const id = request.headers.get(SESSION_HEADER);
    if (!isLegacy(request, body) || (id === null && !isInitializeRequest(body))) return undefined;
    const principal = principalKey(requestOf(authInfo).record.admitted);
    const session = id === null ? await this.#start(authInfo, principal) : this.#sessions.get(id);
    if (!session) this.#reportAstray(id!);
    if (session?.principal !== principal)
      return {
        response: Response.json(NOT_FOUND, { status: 404 }),
        refusal: session ? 'session_foreign' : 'session_unknown',
      };
    const parsed = body === undefined ? {} : { parsedBody: body };
    try {
      const expected = this.#expect(session, body);
      const response = await session.transport.handleRequest(request, { authInfo, ...parsed });
      // A refused request has its answer: a client that lacked a scope sends it again, under the same id.
      if (!response.ok) for (const one of expected) session.pending.delete(one);
      return { response };
    } finally {
      // The message that was to open it may have been refused.
      if (!this.#sessions.has(session.transport.sessionId ?? '')) session.release();
    }
  }

  close(): void {
    this.#sessions.clear();
  }

  async #start(authInfo: AuthInfo, principal: string): Promise<Session> {
    this.#purge();
    const release = this.#shares.lease(shareHolder(requestOf(authInfo).record.admitted));
    if (!release) throw new EieError('limit_reached');
    const transport = new WebStandardStreamableHTTPServerTransport({
      sessionIdGenerator: () => MARK + randomUUID(),
      onsessioninitialized: id => {
        this.#sessions.set(id, session);
        const { admitted } = requestOf(authInfo).record;
        const stopWatching = this.revocation.whileOpen(
          revocableIdentity(admitted),
          // Whoever waits for an answer is told first.
          () => void setImmediate(() => this.#sessions.delete(id)),
        );
        const { onclose } = transport;
        transport.onclose = () => {
          stopWatching();
          onclose?.();
        };
      },
      onsessionclosed: id => void this.#sessions.delete(id),
    });
    const session: Session = { principal, transport, release, pending: new Set() };
    try {
      await (await this.open(authInfo)).connect(transport);
      noteAnswers(transport);
      const send = transport.send.bind(transport);
      transport.send = (message, options) => {
        if (isJSONRPCResponse(message) && message.id !== undefined) session.pending.delete(message.id);
        return send(message, options);
      };
    } catch (error) {
      release();
      throw error;
    }
    return session;
  }

  /**
   * The SDK sends an answer to whoever asked last with its id. An id that is not answered yet is refused: its answer may be for a token
   * with more rights.
   *
   * @returns the ids that are waited for from now on
   * @throws EieError `input_invalid`, `limit_reached`
   */
  #expect({ pending }: Session, body: unknown): RequestId[] {
    const ids = [body].flat().flatMap(message => (isJSONRPCRequest(message) ? [message.id] : []));
    if (ids.some(id => pending.has(id)) || new Set(ids).size < ids.length) throw new EieError('input_invalid');
    if (pending.size + ids.length > PENDING) throw new EieError('limit_reached');
    for (const id of ids) pending.add(id);
    return ids;
  }

  #reportAstray(id: string): void {
    const now = performance.now();
    if (!MARKED.test(id) || id.startsWith(MARK) || now - this.#reportedAt < REPORT_EVERY) return;
    this.#reportedAt = now;
    this.diagnostics.report({ level: 'warn', message: ASTRAY });
  }

  #purge(): void {
    const now = performance.now();
    if (now - this.#purgedAt < PURGE_EVERY) return;
    this.#purgedAt = now;
    this.#sessions.purgeStale();
  }
}
