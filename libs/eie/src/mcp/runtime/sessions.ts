import { randomBytes, randomUUID } from 'node:crypto';
import {
  type AuthInfo,
  isInitializeRequest,
  type McpServer,
  ProtocolErrorCode,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { type Diagnostics, EieError, type EieErrorCode, Shares } from 'execution-identity';
import { principalKey, revocableIdentity, shareHolder } from 'execution-identity/internal';
import { type IdentityRevocation } from '../../revocation/identity-revocation.service.js';
import { type McpRequest, requestOf } from '../protocol/mcp-request.js';
import { errorResponse, idOf } from '../protocol/rpc-error.js';
import { OpenCalls } from './open-calls.js';
import { isLegacy } from './single-answer.js';

interface Session {
  /** Whose it is: knowing its id is not enough. */
  readonly principal: string;
  readonly transport: WebStandardStreamableHTTPServerTransport;
  /** Gives back the part of its principal. */
  readonly release: () => void;
  /** Its requests that are not answered yet. */
  readonly calls: OpenCalls;
  /** Its HTTP responses that have not closed yet. */
  open: number;
  /** When the last one closed: milliseconds of `performance.now()`. */
  usedAt: number;
}

/** A request of a session: its answer, or why there is none. */
export interface SessionAnswer {
  readonly response: Response;
  readonly refusal?: EieErrorCode;
}

const CAPACITY = 26_000;
/** Milliseconds without an open response. */
const IDLE = 600_000;
/** Milliseconds between two searches for idle sessions. */
const PURGE_EVERY = 10_000;
const SESSION_HEADER = 'mcp-session-id';
/** Which process has opened a session: the beginning of its id. It is no secret. */
const MARK = `${randomBytes(6).toString('hex')}.`;
const MARKED = /^[0-9a-f]{12}\.[0-9a-f-]{36}$/;
/** Milliseconds between two reports. */
const REPORT_EVERY = 60_000;
const ASTRAY =
  'A request of a session that another process has opened, or one that has ended, has come here, and is refused. Where there are several instances, have the load balancer send all requests with one mcp-session-id to one instance.';
const ID_IN_USE = {
  code: ProtocolErrorCode.InvalidRequest,
  message: 'Invalid Request: a request with this id has no answer yet',
};
const NOT_FOUND = { jsonrpc: '2.0', id: null, error: { code: -32_001, message: 'Session not found' } };

/**
 * Sessions of clients of the 2025 protocol, which needs them for questions to the client and for subscriptions. A session belongs to the
 * principal that opened it. Each of its requests has its own token, and is admitted and decided separately. The number of sessions is
 * bounded, in shares: a principal that has as many as it may opens no other one, and closes none of anybody else's.
 */
export class Sessions {
  readonly #sessions = new Map<string, Session>();
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
    const asked = requestOf(authInfo);
    const principal = principalKey(asked.record.admitted);
    const session = id === null ? await this.#start(authInfo, principal) : this.#find(id);
    if (!session) this.#reportAstray(id!);
    if (session?.principal !== principal)
      return {
        response: Response.json(NOT_FOUND, { status: 404 }),
        refusal: session ? 'session_foreign' : 'session_unknown',
      };
    const parsed = body === undefined ? {} : { parsedBody: body };
    try {
      const expected = session.calls.expect(body, asked);
      if (!expected) return { response: errorResponse(idOf(body), ID_IN_USE, 400) };
      keepOpen(session, asked);
      const response = await session.transport.handleRequest(request, { authInfo, ...parsed });
      // A refused request has its answer: a client that lacked a scope sends it again, under the same id.
      if (!response.ok) for (const one of expected) session.calls.forget(one);
      return { response };
    } finally {
      // The message that was to open it may have been refused.
      if (!this.#sessions.has(session.transport.sessionId ?? '')) session.release();
    }
  }

  /** Ends what would stay open for as long as somebody else wants: the streams that nobody has asked something on, and the questions to users. */
  endOpen(): void {
    for (const { transport, calls } of this.#sessions.values()) {
      calls.endQuestions();
      transport.closeStandaloneSSEStream();
    }
  }

  close(): void {
    for (const id of this.#sessions.keys()) this.#close(id);
  }

  #close(id: string): void {
    const session = this.#sessions.get(id);
    if (!session) return;
    this.#sessions.delete(id);
    session.release();
    void session.transport.close();
  }

  #find(id: string): Session | undefined {
    const session = this.#sessions.get(id);
    if (session && isIdle(session)) this.#close(id);
    return this.#sessions.get(id);
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
          () => void setImmediate(() => this.#close(id)),
        );
        const { onclose } = transport;
        transport.onclose = () => {
          stopWatching();
          onclose?.();
        };
      },
      onsessionclosed: id => this.#close(id),
    });
    try {
      await (await this.open(authInfo)).connect(transport);
    } catch (error) {
      release();
      throw error;
    }
    const calls = new OpenCalls(transport);
    const session: Session = { principal, transport, release, calls, open: 0, usedAt: performance.now() };
    return session;
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
    for (const [id, session] of this.#sessions) if (isIdle(session)) this.#close(id);
  }
}

function keepOpen(session: Session, { exchange }: McpRequest): void {
  session.open++;
  exchange?.whenClosed(() => {
    session.open--;
    session.usedAt = performance.now();
  });
}

const isIdle = ({ open, usedAt }: Session): boolean => open === 0 && performance.now() - usedAt > IDLE;
