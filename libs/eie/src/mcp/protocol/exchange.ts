import { type ServerResponse } from 'node:http';
import { type JSONRPCResultResponse, ProtocolErrorCode, type RequestId } from '@modelcontextprotocol/server';
import { EieError, wireOf } from 'execution-identity';
import { isClosed, whenClosed } from '../../http/http-request.js';
import { errorMessage, errorOf, errorResponse, eventOf, idOf, refusalOf } from './rpc-error.js';

const JSON_TYPE = { 'content-type': 'application/json' };

/**
 * The answer to one HTTP request on its way to the client. Where the identity ends while the answer is open, the client gets an error of
 * JSON-RPC before the connection closes: it must not take a revocation for a failure of the network, and call again.
 */
export class Exchange {
  isGone = false;
  readonly #onGone: (() => void)[] = [];
  /** What it is answered with in place of the response that the SDK makes. */
  readonly #settled: Promise<EieError | JSONRPCResultResponse>;
  #settle: (answer: EieError | JSONRPCResultResponse) => void = () => undefined;

  /**
   * @param message that the answer is for
   * @param challengeOf the value of `WWW-Authenticate` for a refusal, where it has one
   */
  constructor(
    private readonly raw: ServerResponse,
    private readonly message: unknown,
    private readonly challengeOf: (refusal: EieError) => string | undefined,
  ) {
    this.#settled = new Promise(resolve => (this.#settle = resolve));
    whenClosed(raw, () => {
      if (!raw.writableFinished) this.#leave();
    });
  }

  /** Aborts when the client goes away, or the identity ends. */
  signal(): AbortSignal {
    const controller = new AbortController();
    this.whenGone(() => controller.abort());
    return controller.signal;
  }

  /** Calls the listener when the client has gone away, or the identity has ended. */
  whenGone(listener: () => void): void {
    if (this.isGone) listener();
    else this.#onGone.push(listener);
  }

  #leave(): void {
    this.isGone = true;
    for (const listener of this.#onGone.splice(0)) listener();
  }

  /** Asked for an error alone: the SDK reads the whole message to tell. */
  get #id(): RequestId | null {
    return idOf(this.message);
  }

  /** Ends the answer with this error, whether it has begun or not. */
  end(refusal: EieError): void {
    this.#settle(refusal);
  }

  /** Answers with this result, before the SDK has made a response of it. */
  answer(result: JSONRPCResultResponse): void {
    this.#settle(result);
  }

  async send(response: Promise<Response>): Promise<void> {
    const made = response.catch((error: unknown) => (error instanceof EieError ? error : this.#failure()));
    const answer = await Promise.race([made, this.#settled]);
    if (answer instanceof EieError) {
      this.#leave();
      return this.#write(refusalOf(answer, this.#id, this.challengeOf(answer)));
    }
    if (!(answer instanceof Response)) return this.#sendResult(answer);
    await (isStream(answer) ? this.#stream(answer) : this.#write(answer));
  }

  async #write(response: Response): Promise<void> {
    this.#send(response.status, await response.text(), Object.fromEntries(response.headers));
  }

  /** A handler may have put what is no JSON into a result of its own. */
  #sendResult(result: JSONRPCResultResponse): Promise<void> | undefined {
    let body: string;
    try {
      body = JSON.stringify(result);
    } catch {
      return this.#write(this.#failure());
    }
    this.#send(200, body, JSON_TYPE);
    return undefined;
  }

  #send(status: number, body: string, headers: Readonly<Record<string, string>>): void {
    this.raw.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) });
    this.raw.end(body);
  }

  async #stream({ status, headers, body }: Response): Promise<void> {
    const { raw } = this;
    raw.writeHead(status, Object.fromEntries(headers));
    // A client waits for the headers of a stream that has nothing to say yet.
    raw.flushHeaders();
    const reader = body!.getReader();
    const cancel = (): void => void reader.cancel().catch(() => undefined);
    whenClosed(raw, cancel);
    let lastWords: object | undefined;
    void this.#settled.then(answer => {
      if (!(answer instanceof EieError)) return;
      lastWords = errorMessage(this.#id, errorOf(answer));
      cancel();
    });
    try {
      for (let next = await reader.read(); !next.done && !isClosed(raw); next = await reader.read())
        if (!raw.write(next.value)) await writable(raw);
    } catch {
      // The source has failed: what was sent of it stands.
    }
    if (lastWords) raw.write(eventOf(lastWords));
    raw.end();
    if (lastWords) this.#leave();
  }

  #failure(): Response {
    return errorResponse(this.#id, { code: ProtocolErrorCode.InternalError, message: 'Internal server error' }, 500);
  }
}

/**
 * Ends an answer that somebody else writes, with an error of JSON-RPC: as a whole where it has not begun, and as the last event of a
 * stream. What is written afterwards goes nowhere.
 */
export function tellEnd(
  raw: ServerResponse,
  message: unknown,
  refusal: EieError,
  challengeOf: (refusal: EieError) => string | undefined,
): void {
  if (isClosed(raw) || raw.writableEnded) return;
  const error = errorMessage(idOf(message), errorOf(refusal));
  raw.on('error', () => undefined);
  if (raw.headersSent) {
    if (String(raw.getHeader('content-type')).startsWith('text/event-stream')) raw.write(eventOf(error));
  } else {
    const challenge = challengeOf(refusal);
    raw.writeHead(wireOf(refusal.code).status, {
      'content-type': 'application/json',
      ...(challenge !== undefined && { 'www-authenticate': challenge }),
    });
    raw.write(JSON.stringify(error));
  }
  raw.end();
  // Its writer does not know that it has ended.
  raw.writeHead = () => raw;
}

const isStream = ({ headers }: Response): boolean =>
  headers.get('content-type')?.startsWith('text/event-stream') ?? false;

/** Resolves when the client has read enough, or is gone. */
function writable(raw: ServerResponse): Promise<void> {
  return new Promise(resolve => {
    const done = (): void => {
      raw.off('drain', done).off('close', done);
      resolve();
    };
    raw.on('drain', done).on('close', done);
    if (isClosed(raw)) done();
  });
}
